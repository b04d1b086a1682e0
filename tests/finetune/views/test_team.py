"""The team page: members, roles and switching."""

import pytest
from django.urls import reverse

from finetune.models import Membership, User
from finetune.services.teams import member_add, team_create

pytestmark = pytest.mark.django_db


def membership(user, team) -> Membership:
    return Membership.objects.get(user=user, team=team)


def post(client, name, *args, **values):
    return client.post(reverse(name, args=args), values, follow=True)


def test_the_page_names_everybody_in_the_team_and_nobody_else(client, alice, bob, charlie, team):
    client.force_login(bob)
    page = client.get(reverse("team")).content.decode()
    assert "alice" in page
    assert "bob" in page
    assert "charlie" not in page


def test_an_owner_adds_by_username_in_any_case(client, alice, team):
    User.objects.create_user("Dora")
    client.force_login(alice)
    page = post(client, "member-add", username="dora", role="member")
    assert b"Dora is in the team now" in page.content
    assert Membership.objects.get(user__username="Dora", team=team).role == "member"


@pytest.mark.parametrize(
    ("username", "says"), [("nobody", "There is no account named"), ("bob", "already in")]
)
def test_what_cannot_be_added_is_said_at_the_field(client, alice, bob, team, username, says):
    client.force_login(alice)
    page = post(client, "member-add", username=username, role="member")
    assert page.status_code == 422
    assert says in page.content.decode()
    assert f'value="{username}"' in page.content.decode()


def test_a_member_cannot_manage_people(client, alice, bob, charlie, team):
    client.force_login(bob)
    assert b"Add somebody" not in client.get(reverse("team")).content
    other = membership(alice, team)
    for name, args, values in (
        ("member-add", (), {"username": "charlie", "role": "member"}),
        ("member-role", (other.pk,), {"role": "member"}),
        ("member-remove", (other.pk,), {}),
    ):
        assert post(client, name, *args, **values).status_code == 403
    assert membership(alice, team).role == "owner"
    assert not team.memberships.filter(user=charlie).exists()


def test_a_member_can_leave(client, bob, team):
    client.force_login(bob)
    post(client, "member-remove", membership(bob, team).pk)
    assert not team.memberships.filter(user=bob).exists()


def test_the_last_owner_stays_until_there_is_another(client, alice, bob, team):
    client.force_login(alice)
    mine = membership(alice, team)
    assert b"at least one owner" in post(client, "member-remove", mine.pk).content
    assert b"at least one owner" in post(client, "member-role", mine.pk, role="member").content
    post(client, "member-role", membership(bob, team).pk, role="owner")
    post(client, "member-remove", mine.pk)
    assert not team.memberships.filter(user=alice).exists()


def test_a_role_that_does_not_exist_is_refused(client, alice, bob, team):
    client.force_login(alice)
    post(client, "member-role", membership(bob, team).pk, role="emperor")
    assert membership(bob, team).role == "member"


def test_somebody_of_another_team_finds_nothing(client, alice, charlie, team, other_team):
    client.force_login(charlie)
    pk = membership(alice, team).pk
    assert post(client, "member-remove", pk).status_code == 404
    assert post(client, "member-role", pk, role="member").status_code == 404


def test_switching_changes_what_lists_show(client, alice, team):
    second = team_create(name="Flower Fruit Mountain", owner=alice)
    client.force_login(alice)
    page = post(client, "team-switch", team=second.slug)
    assert b"You work in Flower Fruit Mountain now" in page.content
    assert client.session["team"] == second.pk


def test_one_cannot_switch_to_a_team_that_one_is_not_in(client, charlie, team):
    client.force_login(charlie)
    assert post(client, "team-switch", team=team.slug).status_code == 404


def test_a_person_without_a_team_is_told_what_to_do(client, team):
    client.force_login(User.objects.create_user("dora"))
    page = client.get(reverse("home"))
    assert page.status_code == 403
    assert b"You are not in a team yet" in page.content


def test_many_people_come_in_pages(client, alice, team):
    for number in range(30):
        member_add(team=team, user=User.objects.create_user(f"pilgrim-{number}"))
    client.force_login(alice)
    first = client.get(reverse("team")).content.decode()
    assert "pilgrim-5" in first
    assert "pilgrim-29" not in first
    assert "pilgrim-29" in client.get(reverse("team") + "?page=2").content.decode()

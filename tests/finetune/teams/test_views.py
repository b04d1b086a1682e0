"""The team page: members, roles and switching."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finetune.teams import invitations
from finetune.teams.models import Invitation, Membership, User
from finetune.teams.services import member_add, team_create

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


def invite(client, name, role="member"):
    return post(client, "member-add", username=name, role=role)


def answer_to(client, name, role="member"):
    """The whole answer to an invitation, without what differs by chance or by the name itself."""
    page = invite(client, name, role)
    text = re.sub(r'\b\w{64}\b|datetime="[^"]+"|>\w+ \d+,[^<]+<', "", page.content.decode())
    pks = re.sub(r"/invitations/\d+/", "/invitations/", text)
    return page.status_code, pks.replace(name, "NAME")


def test_an_invitation_is_accepted_and_only_then_is_the_person_in_the_team(client, alice, team):
    dora = User.objects.create_user("Dora")
    client.force_login(alice)
    assert "dora is invited" in invite(client, "dora", "owner").content.decode()
    assert not team.memberships.filter(user=dora).exists()
    client.force_login(dora)
    page = client.get(reverse("home"))
    assert page.status_code == 403  # not in a team yet
    assert "invites you to the team" in page.content.decode()
    page = post(client, "invitation-accept", Invitation.objects.get().pk)
    assert "You are in Acorn now" in page.content.decode()
    assert membership(dora, team).role == "owner"
    assert not Invitation.objects.exists()
    assert client.session["team"] == team.pk


def test_an_owner_does_not_learn_which_names_exist(client, alice, charlie, team):
    User.objects.create_user("gone", is_active=False)
    client.force_login(alice)
    answers = []
    for name in ("charlie", "nobody", "gone"):
        answers.append(answer_to(client, name))
        Invitation.objects.all().delete()
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 200


def test_inviting_takes_the_same_steps_whether_the_name_exists(client, alice, charlie, team):
    client.force_login(alice)
    counts = []
    for name in ("charlie", "nobody"):
        with CaptureQueriesContext(connection) as queries:
            client.post(reverse("member-add"), {"username": name, "role": "member"})
        counts.append([re.sub(r"'[^']*'|\d+", "", query["sql"]) for query in queries])
    assert counts[0] == counts[1]


def test_a_refusal_is_not_told_to_the_owner(client, alice, charlie, team, other_team):
    client.force_login(alice)
    invite(client, "charlie")
    before = client.get(reverse("team")).content.decode()
    client.force_login(charlie)
    for name in ("home", "team"):
        assert "invites you to the team" in client.get(reverse(name)).content.decode()
    pk = Invitation.objects.get().pk
    assert "You have declined" in post(client, "invitation-decline", pk).content.decode()
    assert "invites you" not in client.get(reverse("home")).content.decode()
    assert post(client, "invitation-accept", pk).status_code == 404
    assert not team.memberships.filter(user=charlie).exists()
    client.force_login(alice)
    assert "charlie" in before
    assert "charlie" in client.get(reverse("team")).content.decode()
    assert "invited already" in invite(client, "Charlie").content.decode()


def test_an_account_that_is_made_later_finds_its_invitation(client, alice, team):
    client.force_login(alice)
    invite(client, "dora")
    dora = User.objects.create_user("dora")
    client.force_login(dora)
    assert "invites you to the team" in client.get(reverse("home")).content.decode()


def test_nobody_answers_another_persons_invitation(client, alice, bob, charlie, team, other_team):
    client.force_login(alice)
    invite(client, "dora")
    pk = Invitation.objects.get().pk
    for user in (alice, bob, charlie):
        client.force_login(user)
        assert post(client, "invitation-accept", pk).status_code == 404
        assert post(client, "invitation-decline", pk).status_code == 404
    assert Invitation.objects.get().declined_at is None


def test_of_two_accounts_that_differ_in_case_the_exact_one_is_meant(client, alice, team):
    exact, other = (User.objects.create_user(name) for name in ("dora", "Dora"))
    client.force_login(alice)
    invite(client, "dora")
    pk = Invitation.objects.get().pk
    client.force_login(other)
    assert post(client, "invitation-accept", pk).status_code == 404
    client.force_login(exact)
    post(client, "invitation-accept", pk)
    assert membership(exact, team).role == "member"


def test_owners_withdraw_an_invitation_and_members_do_not(client, alice, bob, team):
    client.force_login(alice)
    invite(client, "dora")
    pk = Invitation.objects.get().pk
    client.force_login(bob)
    assert post(client, "invitation-withdraw", pk).status_code == 403
    client.force_login(alice)
    assert "withdrawn" in post(client, "invitation-withdraw", pk).content.decode()
    assert not Invitation.objects.exists()


def test_a_member_is_not_invited_again(client, alice, bob, team):
    client.force_login(alice)
    page = invite(client, "BOB")
    assert page.status_code == 422
    assert "already in" in page.content.decode()
    assert 'value="BOB"' in page.content.decode()


def test_invitations_that_nobody_answers_have_an_end(client, alice, team, monkeypatch):
    monkeypatch.setattr(invitations, "OPEN_PER_TEAM", 2)
    client.force_login(alice)
    codes = [invite(client, f"name-{number}").status_code for number in range(3)]
    assert codes == [200, 200, 422]


def test_a_member_cannot_manage_people(client, alice, bob, charlie, team):
    client.force_login(bob)
    assert b"Invite somebody" not in client.get(reverse("team")).content
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

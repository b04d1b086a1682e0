"""Cases in the forms of others: read, filled in, judged; what cannot be judged is said."""

import json

import pytest

from finetune.evaluation.imported import cases as imported_cases
from finetune.evaluation.imported.cases import Case, Check
from finetune.evaluation.imported.openai_evals import openai_cases
from finetune.evaluation.imported.promptfoo import promptfoo_cases
from finetune.evaluation.imported.results import cases_read, judged_by
from finetune.training.exceptions import BadData

CONFIG = """\
description: colours
prompts:
  - "Say the colour of {{thing}} in {{language}}."
  - file://chat.json
providers: [openai:gpt-4o]
defaultTest:
  vars: {language: English}
  assert:
    - type: not-contains
      value: sorry
tests:
  - description: grass
    vars: {thing: grass}
    assert:
      - type: icontains
        value: green
  - file://more.yaml
"""
MORE = """\
- vars: {thing: [snow, coal], language: French}
  threshold: 0.5
  assert:
    - {type: equals, value: "{{thing}}", weight: 3}
    - {type: llm-rubric, value: is polite}
"""
CHAT = '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{thing}}?"}]'


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (Check("equals", "yes"), "yes", "yes!"),
        (Check("equals", {"a": 1}), '{"a": 1}', "a"),
        (Check("iequals", "Yes"), "YES", "no"),
        (Check("equals-any", ["a", "b"]), "b", "c"),
        (Check("contains", "Yes"), "oh Yes", "yes"),
        (Check("contains", "Yes", negated=True), "yes", "Yes"),
        (Check("icontains", "YES"), "oh yes", "no"),
        (Check("contains-any", "a, b"), "b", "c"),
        (Check("contains-all", ["a", "b"]), "ab", "a"),
        (Check("icontains-any", ["A"]), "a", "b"),
        (Check("icontains-all", ["A", "B"]), "ba", "b"),
        (Check("starts-with", "We"), "We go", "go We"),
        (Check("regex", r"\d{3}"), "a 123", "12"),
        (Check("is-json"), '{"a": []}', "{a"),
        (Check("contains-json"), 'so: {"a": 1}.', "so {a}"),
        (Check("levenshtein", "kitten", 3), "sitting", "sittings up"),
        (Check("word-count", {"min": 2, "max": 3}), "two words", "one"),
        (Check("word-count", 2), "two words", "three of them"),
        (Check("rouge-l", "the cat sat", 0.7), "the cat sat", "a dog"),
        (Check("bleu", "the cat sat on the mat", 0.9), "the cat sat on the mat", "a dog ran"),
    ],
)
def test_checks(check, good, bad):
    assert check.judged
    assert check.holds(good)
    assert not check.holds(bad)


def test_a_case_passes_by_all_its_checks_or_by_their_weights():
    heavy, light = Check("contains", "a", weight=3), Check("contains", "b")
    assert Case(1, [], (heavy, light)).passes("ab") is True
    assert Case(1, [], (heavy, light)).passes("a") is False
    assert Case(1, [], (heavy, light), threshold=0.75).passes("a") is True
    assert Case(1, [], (heavy, light), threshold=0.75).passes("b") is False
    assert Case(1, [], ()).passes("a") is None
    case = Case(1, [], (heavy, Check("llm-rubric", "polite"), Check("is-json", {"type": "object"})))
    assert case.passes("a") is None
    assert case.unjudged == ["is-json", "llm-rubric"]


def test_a_promptfoo_config_makes_a_case_of_each_prompt_and_test(tmp_path):
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(CONFIG)
    (tmp_path / "more.yaml").write_text(MORE)
    (tmp_path / "chat.json").write_text(CHAT)
    cases = promptfoo_cases(path)
    assert len(cases) == 2 * (1 + 2)
    first = cases[0]
    assert first.messages == [{"role": "user", "content": "Say the colour of grass in English."}]
    assert [(one.kind, one.negated) for one in first.checks] == [
        ("contains", True),
        ("icontains", False),
    ]
    assert (first.passes("It is Green"), first.passes("sorry, green")) == (True, False)
    snow = cases[1]
    assert snow.checks[1] == Check("equals", "snow", weight=3.0)
    assert (snow.threshold, snow.unjudged) == (0.5, ["llm-rubric"])
    chat = cases[-1]
    assert [one["role"] for one in chat.messages] == ["system", "user"]
    assert chat.messages[1]["content"] == "coal?"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "prompts: [",
        "prompts: [a]\ntests: [file://../outside.yaml]",
        "prompts: [file:///etc/hostname]",
        "prompts: ['{{ broken']",
        "prompts: [a]\ntests: [{assert: [5]}]",
        "prompts: [a]\ntests: [file://tests.py]",
    ],
)
def test_configs_that_cannot_be_read_are_refused(tmp_path, text):
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(text)
    (tmp_path.parent / "outside.yaml").write_text("- {}")
    with pytest.raises(BadData):
        promptfoo_cases(path)


def test_templates_reach_nothing_but_their_variables(tmp_path):
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text("prompts: [\"{{ ''.__class__.__mro__[1].__subclasses__() }}\"]")
    with pytest.raises(BadData):
        promptfoo_cases(path)


def exported():
    return {
        "eval": {
            "testing_criteria": [
                {"type": "string_check", "name": "same", "operation": "eq",
                 "input": "{{ sample.output_text }}", "reference": "{{ item.label }}"},
                {"type": "text_similarity", "evaluation_metric": "rouge_l", "pass_threshold": 0.5,
                 "input": "{{ sample.output_text }}", "reference": "{{ item.label }}"},
            ]
        },
        "run": {
            "data_source": {
                "type": "completions",
                "input_messages": {"type": "template", "template": [
                    {"role": "developer", "content": "Be brief."},
                    {"role": "user", "content": {"type": "input_text", "text": "{{item.q}}?"}},
                ]},
                "source": {"type": "file_content", "content": [
                    {"item": {"q": "Grass", "label": "green"}},
                    {"item": {"q": "Snow", "label": "white"}},
                ]},
            }
        },
    }  # fmt: skip


def test_an_exported_eval_of_openai(tmp_path):
    path = tmp_path / "eval.json"
    path.write_text(json.dumps(exported()))
    cases = openai_cases(path)
    assert [case.messages[1]["content"] for case in cases] == ["Grass?", "Snow?"]
    assert cases[0].messages[0] == {"role": "system", "content": "Be brief."}
    assert (cases[0].passes("green"), cases[0].passes("white")) == (True, False)
    values = exported()
    values["eval"]["testing_criteria"].append({"type": "label_model", "name": "judge"})
    path.write_text(json.dumps(values))
    assert openai_cases(path)[0].unjudged == ["label_model (judge)"]
    for broken in ("{}", "[", '{"testing_criteria": []}'):
        path.write_text(broken)
        with pytest.raises(BadData):
            openai_cases(path)


def test_samples_of_the_open_repository(tmp_path):
    path = tmp_path / "samples.jsonl"
    rows = [
        {"input": [{"role": "user", "content": "2 + 2?"}], "ideal": "4"},
        {"input": "Colour of snow?", "ideal": ["White", "white"]},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second = openai_cases(path)
    assert (first.passes("4."), first.passes("It is 4")) == (True, False)
    assert (second.passes(" white"), second.passes("black")) == (True, False)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("prompts: [file:///etc/passwd]", "names file:///etc/passwd"),
        ("prompts: ['{{x}}']\ntests: [{vars: {x: 'file://a.txt'}}]", "names file://a.txt"),
        ("prompts: [hi]\ntests: more.yaml", "names tests in more.yaml"),
        ("prompts: ['{% for a in range(9) %}x{% endfor %}']", "computes something .For"),
        ("prompts: ['{{ \"a\" * 999999999 }}']", "computes something .Mul"),
        ("prompts: ['{{ x.__class__() }}']", "computes something .Call"),
        ("prompts: ['{{ \"a\"|center(999999999) }}']", "computes something .center"),
        (
            "prompts: [hi]\ntests: [{assert: [{type: equals, value: '{{ 9 ** 99 }}'}]}]",
            "computes something .Pow",
        ),
        ("a: &a [x, x]\nb: &b [*a, *a]\nprompts: [*b]", "the alias .a"),
        ("prompts: [" + "[" * 60 + "]" * 60 + "]", "more than 32 levels"),
        ("prompts: [" + "[" * 6000 + "]" * 6000 + "]", "more than 32 levels"),
        ("prompts: [hi]\ndefaultTest: 3", "cannot be read"),
        ("prompts: {{", "cannot be read"),
    ],
)
def test_what_came_alone_has_no_files_and_no_code(tmp_path, config, why):
    path = tmp_path / "cases.yaml"
    path.write_text(config)
    with pytest.raises(BadData, match=why):
        cases_read(path, alone=True)


def test_what_came_alone_is_filled_in(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text(
        "prompts: ['{{ a.b[0] | upper }}, {{c}}']\n"
        "tests: [{vars: {a: {b: [x]}, c: [y, z]}, assert: [{type: equals, value: '{{c}}'}]}]\n"
    )
    cases = cases_read(path, alone=True)
    assert [case.messages[0]["content"] for case in cases] == ["X, y", "X, z"]
    assert [case.checks[0].value for case in cases] == ["y", "z"]


def test_short_files_do_not_make_long_cases(tmp_path, monkeypatch):
    monkeypatch.setattr(imported_cases, "MOST_SIGNS", 1000)
    path = tmp_path / "cases.yaml"
    path.write_text(
        json.dumps({"prompts": ["a" * 90 + "{{x}}"], "tests": [{"vars": {"x": [*"abcdefghijkl"]}}]})
    )
    with pytest.raises(BadData, match="more than 1,000 signs"):
        cases_read(path, alone=True)
    monkeypatch.setattr(imported_cases, "MOST_CASES", 3)
    samples = tmp_path / "samples.jsonl"
    samples.write_text('{"input": "a", "ideal": "b"}\n' * 4)
    with pytest.raises(BadData, match="more than 3 cases"):
        cases_read(samples)


def test_an_assertion_that_takes_for_ever_or_is_none_counts_neither_way():
    endless = Case(1, [], (Check("regex", r"(a|aa)+$"),))
    assert judged_by(endless, "a" * 200 + "b", 0.2)[0] is None
    passed, unjudged = judged_by(Case(1, [], (Check("regex", "("),)), "a", 0)
    assert passed is None
    assert "cannot be judged" in unjudged[0]
    assert judged_by(Case(1, [], (Check("equals", "a"),)), "a", 5) == (True, [])

"""Replies of a trained model: what it is asked, a batch against one prompt alone, the file."""

import json

import pytest

from finetune.evaluation.__main__ import main
from finetune.evaluation.replies.generating import replies_to
from finetune.evaluation.replies.results import questions, replies
from finetune.evaluation.replies.turns import cut
from finetune.evaluation.scoring.loading import load_subject
from finetune.evaluation.scoring.subject import run_subject
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.exceptions import BadData, LeftOut
from finetune.training.model import reply


def turn(role, content):
    return {"role": role, "content": content}


def test_the_last_answered_user_turn_is_asked():
    dialogue = [
        turn("user", "a"),
        turn("assistant", "b"),
        turn("user", "c"),
        turn("assistant", "d"),
    ]
    assert cut(dialogue) == (dialogue[:3], "d")
    assert cut([*dialogue, turn("user", "e")]) == (dialogue[:3], "d")
    assert cut([*dialogue, turn("user", "e"), turn("assistant", " ")]) == (dialogue[:3], "d")
    with pytest.raises(LeftOut):
        cut([turn("assistant", "hello")])


def test_a_batch_answers_as_the_trainer_does_one_by_one(qtha_run):
    """Left padding and masks change nothing, up to rounding."""
    run = qtha_run
    subject = run_subject(run, "last", precision="float32")
    loaded = load_subject(subject)
    asked, left_out, total = questions(subject, loaded, run / "validation.jsonl", 0, 12)
    assert (len(asked), left_out, total) == (8, [], 8)
    chat = ChatFormat.of(loaded.model, loaded.tokenizer)
    prompts = [one.ids for one in asked]
    prompts.append(
        chat.prompt_ids([turn("user", "A much longer question than the others are. " * 5)])
    )
    prompts.append(chat.prompt_ids([turn("user", "Short?")]))
    ways = [
        replies_to(loaded.model, chat, prompts, longest=12, batch_size=size, pad=2)
        for size in (1, 4)
    ]
    assert ways[0] == ways[1]
    alone = reply(loaded.model, loaded.tokenizer, [turn("user", "Short?")], tokens=12)
    assert ways[0][-1].text == alone
    assert len({one.text for one in ways[0]}) > 1


def test_the_command_writes_replies_and_their_worth(qtha_run, tmp_path, capsys):
    run = qtha_run
    out = tmp_path / "replies.json"
    arguments = ["replies", str(run), "--data", str(run / "validation.jsonl"), "--tokens", "10"]
    assert main([*arguments, "--limit", "3", "--out", str(out), "--checkpoint", "last"]) == 0
    results = json.loads(out.read_text())
    assert results["kind"] == "replies"
    assert len(results["dialogues"]) == 3
    first = results["dialogues"][0]
    assert first["reference"] == "What made day 0 so long?"
    assert results["rouge_l"] == pytest.approx(
        sum(one["rouge_l"] for one in results["dialogues"]) / 3
    )
    base = replies(run_subject(run, "base"), run / "validation.jsonl", limit=3, longest=10)
    assert results["chrf"] > base["chrf"]  # a tiny model learns these words, and no others
    assert "ROUGE-L" in capsys.readouterr().out


def test_prompts_without_room_for_a_reply_are_left_out(qtha_run, tmp_path):
    path = tmp_path / "long.jsonl"
    long = {"messages": [turn("user", "word " * 1100), turn("assistant", "yes")]}
    path.write_text(json.dumps(long) + "\n")
    with pytest.raises(BadData, match="1024 positions"):
        replies(run_subject(qtha_run), path)

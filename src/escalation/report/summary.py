"""The report in a few sentences: how good, where right, where wrong, and why."""

from __future__ import annotations

from typing import Any

from escalation.report.words import count, listed, named, percent, share

MIN_SUPPORT = 10
"""Labels that fewer tasks have are not called best or worst: their figures rest on too little."""
_NAMED = 3


def summary(contents: dict[str, Any]) -> list[tuple[str, str]]:
    """Give pairs of a question and the sentences that answer it.

    Parameters
    ----------
    contents : dict
        What the report is about; see `escalation.report.writing.write_report`.

    Returns
    -------
    list of tuple of str
        Questions on which the contents say nothing are left out.
    """
    answers = {
        "How good?": _overall(contents),
        "Where right?": _right(contents),
        "Where wrong?": _wrong(contents),
        "Why?": _why(contents),
    }
    return [(question, answer) for question, answer in answers.items() if answer]


def _overall(contents: dict[str, Any]) -> str:
    about, averages = contents["about"], contents["averages"]
    own = averages[about["engine"]]
    exact, micro = own["exact_match"]["value"], own["micro_f1"]
    tasks, groups = (about["corpus"][key] for key in ("tasks", "groups"))
    sentence = (
        f"On {count(tasks)} tasks of {count(groups)} projects the engine {about['engine']} answers {percent(exact)} "
        f"exactly right and reaches a micro-F1 of {share(micro['value'], 3)}"
    )
    if micro["low"] is not None:
        sentence += f" (95 % interval {share(micro['low'], 3)} to {share(micro['high'], 3)})"
    others = [
        f"{engine} {share(figures['micro_f1']['value'], 3)}"
        for engine, figures in averages.items()
        if engine != about["engine"]
    ]
    return f"{sentence}. Beside it: {listed(others)}." if others else f"{sentence}."


def _right(contents: dict[str, Any]) -> str:
    ranked = _ranked(contents)
    return f"Best at {listed([_with_f1(*label) for label in ranked[:_NAMED]])}." if ranked else ""


def _wrong(contents: dict[str, Any]) -> str:
    sentences = []
    ranked = _ranked(contents)
    worst = ranked[_NAMED:][::-1][:_NAMED]
    if worst:
        sentences.append(f"Worst at {listed([_with_f1(*label) for label in worst])}.")
    kinds = sorted(contents["errors"]["kinds"], key=lambda kind: -kind["count"])
    if kinds and kinds[0]["count"]:
        wrong = contents["errors"]["tasks"]
        most = listed([f"{kind['title'].lower()} ({count(kind['count'])})" for kind in kinds[:2] if kind["count"]])
        sentences.append(f"{count(wrong)} tasks have an error, own work included; most often: {most}.")
    return " ".join(sentences)


def _why(contents: dict[str, Any]) -> str:
    sentences = []
    drift, reliability = contents["drift"], contents["reliability"]
    sides = [sum(row[key] for row in contents["agreement"].values()) for key in ("model_right", "rules_right")]
    if sum(sides):
        sentences.append(f"Where model and rules differ, the model is right in {percent(sides[0] / sum(sides))}.")
    if reliability is not None:
        off = reliability["micro_ece_doubtful"]
        sentences.append(f"Where a label is not plainly out of the question, probabilities are off by {percent(off)}.")
    if drift is not None and drift["known_words"]["value"] is not None:
        sentences.append(f"The model knows {percent(drift['known_words']['value'])} of the words.")
    severe = [finding for finding in contents["findings"] if finding["severity"] == "high"]
    if severe:
        sentences.append(f"Severe: {listed([_where(finding) for finding in severe[:_NAMED]])}.")
    return " ".join(sentences)


def _where(finding: dict[str, Any]) -> str:
    title = str(finding["title"]).lower()
    return f"{title} at {named(finding['where'])}" if finding["where"] else title


def _ranked(contents: dict[str, Any]) -> list[tuple[str, float]]:
    """Labels with enough support, the best first."""
    rows = contents["labels"][contents["about"]["engine"]]
    known = [
        (label, row["f1"]) for label, row in rows.items() if row["f1"] is not None and row["support"] >= MIN_SUPPORT
    ]
    return sorted(known, key=lambda entry: -entry[1])


def _with_f1(label: str, f1: float) -> str:
    return f"{named(label)} {share(f1)}"

"""How the report puts things into words: names of labels and charts, numbers, and a summary in a few sentences."""

from __future__ import annotations

from typing import Any

from escalation.rules.rulebook import CORE, Label

TITLES = {
    "averages": "Averages of every engine with their 95% intervals",
    "curves": "Precision and recall of each label, with the point that its threshold chooses",
    "reliability": "Observed share of correct labels against their predicted probability",
    "coverage": "Quality of the answers against the share of tasks answered",
    "agreement": "Which of model and rules predicts each label, and which is right where they differ",
    "learning-curve": "Averages against the number of training tasks",
    "drift": "Words that are more and less frequent here than in the training tasks",
}
"""What each chart shows, by its name: the title that a screen reader reads out."""
MIN_SUPPORT = 10
"""Labels of fewer tasks are not named best or worst, because their figures say little."""
_OWN_WORK = "own work"
_LISTED = 3


# ------------------------------------------------------------------------------------------------ names and numbers


def split_label(label: str) -> tuple[str, str]:
    """Return the disposition and the target of a label; both are "own work" for core.

    >>> split_label("escalate:database-specialist")
    ('escalate', 'database-specialist')
    """
    if label == CORE:
        return _OWN_WORK, _OWN_WORK
    parsed = Label.parse(label)
    return parsed.disposition, parsed.target


def label_phrase(label: str) -> str:
    """Return a label as a phrase that begins with its target, which is what a reader looks for.

    >>> label_phrase("escalate:database-specialist")
    'database-specialist (escalate)'
    """
    disposition, target = split_label(label)
    return target if disposition == target else f"{target} ({disposition})"


def count(value: float | None) -> str:
    """Format a number of things, with a hyphen for None."""
    return "-" if value is None else f"{value:,.0f}"


def figure(value: float | None, digits: int = 2) -> str:
    """Format a figure of any size: whole numbers and large ones without decimals, others with some."""
    if value is None:
        return "-"
    return count(value) if isinstance(value, int) or abs(value) >= 100 else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """Format a share as a percentage, with a decimal if it is small.

    >>> percent(0.31), percent(0.031), percent(0.0002)
    ('31%', '3.1%', 'under 0.1%')
    """
    if value is None:
        return "-"
    if 0 < value < 0.001:
        return "under 0.1%"
    return f"{value:.1%}" if 0 < value < 0.1 else f"{value:.0%}"


def _listed(phrases: list[str]) -> str:
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)


# ------------------------------------------------------------------------------------------------ the summary


def summary(contents: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the report in a few sentences.

    Parameters
    ----------
    contents : dict
        The report's contents; see `escalation.report.contents.contents`.

    Returns
    -------
    list of tuple of str
        Pairs of a heading and the sentences below it. Headings without a sentence are left out.
    """
    answers = {
        "Overall": _overall(contents),
        "Best labels": _labels(_ranked(contents)[:_LISTED]),
        "Worst labels": _labels(_ranked(contents)[_LISTED:][::-1][:_LISTED]),
        "Errors": _errors(contents["errors"]),
        "Context": _context(contents),
    }
    return [(heading, answer) for heading, answer in answers.items() if answer]


def _overall(contents: dict[str, Any]) -> str:
    about, averages = contents["about"], contents["averages"]
    tasks, groups = (about["corpus"][key] for key in ("tasks", "groups"))
    exact, micro = (averages[about["engine"]][key] for key in ("exact_match", "micro_f1"))
    sentence = (
        f"On {count(tasks)} tasks of {count(groups)} projects, the engine {about['engine']} reaches a micro-F1 of "
        f"{figure(micro['value'], 3)}"
    )
    if micro["low"] is not None:
        sentence += f" (95% interval {figure(micro['low'], 3)} to {figure(micro['high'], 3)})"
    sentence += f". The escalations and collaborations of {percent(exact['value'])} of the tasks are exactly right."
    others = [
        f"{engine} {figure(figures['micro_f1']['value'], 3)}"
        for engine, figures in averages.items()
        if engine != about["engine"]
    ]
    return f"{sentence} Micro-F1 of the others: {_listed(others)}." if others else sentence


def _ranked(contents: dict[str, Any]) -> list[tuple[str, float]]:
    """Return the labels of enough tasks with their F1, best first."""
    rows = contents["labels"][contents["about"]["engine"]]
    known = [
        (label, row["f1"]) for label, row in rows.items() if row["f1"] is not None and row["support"] >= MIN_SUPPORT
    ]
    return sorted(known, key=lambda entry: -entry[1])


def _labels(ranked: list[tuple[str, float]]) -> str:
    return f"F1 {_listed([f'{figure(f1)} at {label_phrase(label)}' for label, f1 in ranked])}." if ranked else ""


def _errors(errors: dict[str, Any]) -> str:
    kinds = sorted((kind for kind in errors["kinds"] if kind["count"]), key=lambda kind: -kind["count"])
    if not kinds:
        return ""
    frequent = _listed([f"{kind['title'].lower()} ({count(kind['count'])})" for kind in kinds[:2]])
    return f"{count(errors['tasks'])} tasks have an error, own work included. The most frequent kinds: {frequent}."


def _context(contents: dict[str, Any]) -> str:
    sentences = []
    drift, reliability = contents["drift"], contents["reliability"]
    model, rules = (sum(row[key] for row in contents["agreement"].values()) for key in ("model_right", "rules_right"))
    if model + rules:
        right = percent(model / (model + rules))
        sentences.append(f"Where model and rules differ, the model is right in {right} of the cases.")
    if reliability is not None:
        error = percent(reliability["micro_ece_doubtful"])
        sentences.append(f"Probabilities of at least 5% are off by {error} on average.")
    if drift is not None and drift["known_words"]["value"] is not None:
        sentences.append(f"The model knows {percent(drift['known_words']['value'])} of the words in the tasks.")
    severe = [_finding(finding) for finding in contents["findings"] if finding["severity"] == "high"]
    if severe:
        sentences.append(f"Severe findings: {_listed(severe[:_LISTED])}.")
    return " ".join(sentences)


def _finding(finding: dict[str, Any]) -> str:
    title = str(finding["title"]).lower()
    return f"{title}, {label_phrase(finding['where'])}" if finding["where"] else title

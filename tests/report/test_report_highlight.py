from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from escalation.report.highlight import LEVELS, Passage, passages

spans = st.lists(
    st.fixed_dictionaries(
        {"start": st.integers(-3, 40), "end": st.integers(-3, 40), "weight": st.floats(-5, 5, allow_nan=False)}
    )
)


@given(st.text(max_size=30), spans)
def test_passages_are_the_text_end_to_end(text, spans):
    found = passages(text, spans)
    assert "".join(passage.text for passage in found) == text
    assert all(passage.text and 0 <= passage.level <= LEVELS for passage in found)


def test_what_overlaps_adds_up():
    found = passages("abcdef", [{"start": 0, "end": 4, "weight": 1.0}, {"start": 2, "end": 6, "weight": 1.0}])
    assert found == [Passage("ab", 2), Passage("cd", 4), Passage("ef", 2)]


def test_the_weightiest_is_the_measure_and_what_hardly_weighed_is_not_marked():
    found = passages("abc", [{"start": 0, "end": 1, "weight": -8.0}, {"start": 2, "end": 3, "weight": 0.5}])
    assert found == [Passage("a", 4), Passage("bc", 0)]

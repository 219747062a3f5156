"""Charts: what is drawn fits, and is told in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit_gateway.web.console.charts import HEIGHT, WIDTH, Column, counts, times

VALUES = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=60)


@given(VALUES)
def test_bars_stay_within_the_picture_and_stand_on_each_other(values: list[tuple[int, int]]) -> None:
    chart = counts("Attempts", [Column(60 * n, pair) for n, pair in enumerate(values)], ["good", "bad"], "minute")
    for step, pair in zip(chart.steps, values, strict=True):
        assert len(step.bars) == sum(value > 0 for value in pair)
        floor = HEIGHT
        for bar in step.bars:
            assert bar.y + bar.height == pytest.approx(floor, abs=0.02)
            assert bar.y >= -2  # the smallest bar is drawn a little larger than it is
            assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.01
            floor = bar.y


def test_words() -> None:
    columns = [Column(0, [3, 0]), Column(60, [1200, 34])]
    chart = counts("Attempts", columns, ["delivered", "failed"], "minute")
    assert chart.words == "Attempts: 1\u202f203 delivered, 34 failed; at most 1\u202f234 in a minute."
    assert [step.says for step in chart.steps] == [
        "00:00: 3 delivered, 0 failed",
        "00:01: 1\u202f200 delivered, 34 failed",
    ]


@pytest.mark.parametrize(
    ("most", "top"), [(0, "1"), (1, "1"), (3, "5"), (10, "10"), (11, "20"), (201, "250"), (999, "1\u202f000")]
)
def test_the_upper_edge_is_a_round_number(most: int, top: str) -> None:
    assert counts("Events", [Column(0, [most])], ["received"], "minute").top == top


@pytest.mark.parametrize(
    ("most", "top"), [(0.0, "1 s"), (0.003, "5 ms"), (0.3, "500 ms"), (40.0, "50 s"), (9000.0, "2 h")]
)
def test_times(most: float, top: str) -> None:
    chart = times("Latency", [Column(0, [most]), Column(60, [0.0])], "latency", "minute")
    assert chart.top == top
    assert chart.steps[1].says == "00:01: none"


def test_nothing() -> None:
    assert counts("Events", [], ["received"], "minute").words == "Events: 0 received; at most 0 in a minute."
    assert times("Latency", [Column(0, [0.0])], "latency", "minute").words == "Latency: nothing to tell."

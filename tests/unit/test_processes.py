"""Many items by several processes: in order, complete, and none lost where a process dies."""

from __future__ import annotations

import os

import pytest

from kaito_pack.run import processes as fanout

MANY = 3 * fanout.FEWEST


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "available_cores", lambda: 3)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that were forked."""
    pids: list[int] = []
    fork = os.fork

    def noted() -> int:
        pid = fork()
        pids.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", noted)
    return pids


def are_gone(pids: list[int]) -> bool:
    """Whether all of them have ended and were waited for."""
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return True


def test_few_items_are_worth_one_process() -> None:
    assert fanout.processes_for(1) == 1
    assert fanout.processes_for(2 * fanout.FEWEST - 1) == 1


def test_there_are_no_more_processes_than_cores() -> None:
    assert fanout.processes_for(100_000) == 3


def test_results_come_in_the_order_of_their_items() -> None:
    assert list(fanout.mapped(lambda item: item * item, range(MANY + 1))) == [i * i for i in range(MANY + 1)]


def test_several_processes_take_part() -> None:
    assert len(set(fanout.mapped(lambda _: os.getpid(), range(MANY)))) == 3


def test_what_is_not_sent_is_done_here() -> None:
    place = os.getpid()
    by = fanout.mapped(lambda _: os.getpid(), range(MANY), send=lambda pid: None)
    assert set(by) == {place}


def test_what_is_sent_is_received_with_its_item() -> None:
    came = list(
        fanout.mapped(
            lambda item: (item,), range(MANY), lambda created: created[0], lambda item, sent: (item, sent)
        )
    )
    assert came[-1] == (MANY - 1, MANY - 1)
    assert came[0] == (0,), "what this process has made is not sent"


def test_the_items_of_a_process_that_dies_are_done_here() -> None:
    place = os.getpid()

    def dying(item: int) -> int:
        if os.getpid() != place:
            os._exit(9)
        return item

    assert list(fanout.mapped(dying, range(MANY))) == list(range(MANY))


def test_the_items_of_a_process_that_raises_are_done_here() -> None:
    place = os.getpid()

    def failing(item: int) -> int:
        if os.getpid() != place:
            raise ValueError("only in a child")
        return item

    assert list(fanout.mapped(failing, range(MANY))) == list(range(MANY))


def test_a_process_that_dies_while_it_sends_loses_nothing() -> None:
    place = os.getpid()

    class Deadly:
        def __init__(self, item: int) -> None:
            self.item = item

        def __reduce__(self) -> tuple[type, tuple[int]]:
            if os.getpid() != place and self.item % 7 == 6:
                os._exit(9)
            return int, (self.item,)

    assert list(fanout.mapped(lambda item: item, range(MANY), send=Deadly)) == list(range(MANY))


def test_an_error_in_what_takes_the_results_leaves_no_process_behind(forked: list[int]) -> None:
    results = fanout.mapped(lambda item: item, range(MANY))
    with pytest.raises(ValueError, match="taken"):
        for _ in results:
            raise ValueError("taken")
    results.close()
    assert are_gone(forked)


def test_an_error_while_children_work_leaves_none_behind(forked: list[int]) -> None:
    results = fanout.mapped(lambda item: item, range(MANY))
    assert [next(results) for _ in range(2)] == [0, 1]
    assert len(forked) == 2
    results.close()
    assert are_gone(forked)


def test_an_error_here_leaves_no_process_behind(forked: list[int]) -> None:
    def failing(item: int) -> int:
        raise ValueError(item)

    with pytest.raises(ValueError, match=r"^0$"):
        list(fanout.mapped(failing, range(MANY)))
    assert are_gone(forked)


def test_results_larger_than_a_pipe_arrive() -> None:
    created = list(fanout.mapped(lambda item: "x" * 10_000 + str(item), range(MANY)))
    assert created[-1] == "x" * 10_000 + str(MANY - 1)


def test_items_are_done_here_where_no_process_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    assert list(fanout.mapped(lambda item: item, range(MANY))) == list(range(MANY))

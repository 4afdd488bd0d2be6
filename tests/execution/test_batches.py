"""Batches are as large as keeps a worker busy for a moment, and no larger than the wire takes at once."""

from itertools import count

from di_advisor.execution.batches import BatchSize, batched
from di_advisor.execution.jobs import Job


def jobs(number: int, size: int = 10) -> list[Job]:
    return [Job(f"k{i}", b"x" * size) for i in range(number)]


def test_the_first_batch_is_one_job_and_later_ones_follow_what_jobs_took() -> None:
    size = BatchSize(0.25, 64)
    assert size() == 1
    size.took(0.05, 1)
    assert size() == 5
    for _ in range(40):
        size.took(0.02, 10)
    assert size() == 64  # two milliseconds each would be 125, and no batch is larger than that
    for _ in range(40):
        size.took(9.0, 1)
    assert size() == 1


def test_one_slow_job_does_not_make_the_batches_after_it_small_for_long() -> None:
    size = BatchSize(0.25, 64)
    for _ in range(10):
        size.took(0.25, 25)
    size.took(5.0, 1)
    assert size() == 1
    sizes = []
    for _ in range(20):
        sizes.append(size())
        size.took(0.01 * sizes[-1], sizes[-1])
    assert sizes == sorted(sizes)
    assert sizes[-1] >= 20


def test_batches_of_a_long_run_take_a_hundredth_of_what_was_done_up_to_four_times_as_much() -> None:
    size = BatchSize(0.25, 256)
    for _ in range(40):
        size.took(0.25, 25)  # 10 CPU seconds
    assert size() == 25
    for _ in range(160):
        size.took(0.25, 25)  # 50
    assert size() == 50
    for _ in range(1000):
        size.took(0.25, 25)
    assert size() == 100


def test_jobs_come_in_order_each_once_in_batches_of_the_size_that_is_asked_for() -> None:
    sizes = count(1)
    found = list(batched(iter(jobs(10)), lambda: next(sizes)))
    assert [len(b) for b in found] == [1, 2, 3, 4]
    assert [job for batch in found for job in batch] == jobs(10)


def test_a_batch_is_cut_where_its_bytes_add_up() -> None:
    found = list(batched(jobs(5, 900_000), lambda: 100))
    assert [len(b) for b in found] == [3, 2]


def test_no_job_is_drawn_before_its_batch_is_asked_for() -> None:
    drawn = []

    def stream() -> object:
        for job in jobs(6):
            drawn.append(job.key)
            yield job

    batches = batched(stream(), lambda: 2)
    next(batches)
    assert drawn == ["k0", "k1"]

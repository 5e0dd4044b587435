"""A slice of `make faults`: one house under load, struck by a fault of each kind."""

from bench.faults import scenes
from bench.faults.cutting import Scissors
from bench.faults.drill import drill
from bench.faults.scenes import Played, house_under_load


def test_nothing_accepted_is_lost_or_sold_twice_whatever_breaks() -> None:
    played, scissors = Played("slice"), Scissors()
    with house_under_load(played, print, scissors=scissors) as play:
        scenes.cut(play, scissors, 2)
        scenes.kill_postgres(play, 2)
        scenes.terminate(play, 1)
        scenes.kill_worker(play, 1)

    assert scissors.cut == 2
    assert played.verdict is not None
    assert played.verdict.clean, played.verdict
    assert played.verdict.accepted == len(play.shop.accepted)


def test_a_house_whose_disk_is_gone_sells_again_from_its_backups() -> None:
    """What was accepted in the last milliseconds may be missing; all else is there, once."""
    played = Played("restore")
    drill(played, 300, print)

    assert len(played.recoveries) == 1, "an order was accepted after the accident"
    assert played.verdict is not None
    assert (played.verdict.double, played.verdict.oversold) == (0, 0), played.verdict

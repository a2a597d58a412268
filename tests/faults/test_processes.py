"""Several processes on one data folder: one writes, any number reads."""

from faults import Nursery, await_file, scratch_folder

_STARTS, _REINDEXINGS, _DOCUMENTS = 50, 20, 30


def test_of_two_writers_one_leaves_and_names_the_other() -> None:
    with Nursery() as one, Nursery() as other, scratch_folder() as room:
        for _ in range(_STARTS):
            children = [nursery.start("write_alone", room) for nursery in (one, other)]
            (room / "go").touch()
            await_file(room / "left")
            (room / "over").touch()
            ended = [child.ended() for child in children]
            assert [end.code for end in ended] == [0, 0], ended
            left, won = sorted(end.told[0] for end in ended)
            assert (left[0], won[0]) == ("left", "won")
            assert left[1].startswith(f"process {won[1]} is writing to {room / 'data'}")
            assert left[2] < 2
            for file in room.iterdir():
                if file.is_file():
                    file.unlink()


def test_readers_through_reindexings() -> None:
    with Nursery() as writer, Nursery() as one, Nursery() as other, scratch_folder() as room:
        writer.succeeds("reindex", room / "data", _DOCUMENTS, 1)
        readers = [nursery.start("read_on", room / "data", 2) for nursery in (one, other)]
        writer.succeeds("reindex", room / "data", _DOCUMENTS, _REINDEXINGS)
        (room / "over").touch()
        for reader in readers:
            ended = reader.ended()
            assert ended.code == 0, ended.told[0]
            assert ended.told[0] > 0

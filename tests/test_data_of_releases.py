"""Data folders that released versions left: nothing of them is lost, and they answer."""

import time
import zipfile
from pathlib import Path

import pytest

from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections
from citespan.qa.doctor import examine
from citespan.qa.settings.sections import Settings

RELEASES = sorted(Path(__file__).with_name("releases").glob("*.zip"))


@pytest.fixture(params=RELEASES, ids=[file.stem for file in RELEASES])
def settings(request: pytest.FixtureRequest, tmp_path: Path, models_folder: Path) -> Settings:
    with zipfile.ZipFile(request.param) as packed:
        packed.extractall(tmp_path / "data")
    environ = {
        "CITESPAN_DATA__PATH": str(tmp_path / "data"),
        "CITESPAN_DATA__MODELS": str(models_folder),
    }
    return load_settings(environ=environ)


def test_nothing_of_a_release_is_lost(settings: Settings) -> None:
    """Two revisions, what was deleted, a collection with a setting of its own, a job in line."""
    with Collections.open(settings) as collections:
        mill = collections.service().corpus
        assert [info.id for info in mill.documents().documents] == ["mill"]
        assert mill.get("mill", 1).text == "The mill at Nore grinds three tons of rye a day."
        answer = collections.service().ask("How many tons of rye does the mill grind?")
        assert answer.citations[0].quote == "The mill at Nore grinds four tons of rye a day."
        assert answer.citations[0].document.revision == 2
        assert collections.info("birds").settings == {"retrieval": {"top_k": 3}}
        owl = collections.service("birds").ask("When does the owl of Lund sleep?")
        assert [one.quote for one in owl.citations] == ["The owl of Lund sleeps by day."]
        (job,) = collections.jobs.jobs()
        assert (job.kind, job.collection, job.state, job.files) == ("ingest", "birds", "queued", 1)
        collections.start_jobs()
        while not collections.jobs.job(job.id)[0].finished_at:
            time.sleep(0.02)
        tern = collections.service("birds").ask("Where does the tern of Cork nest?")
        assert [one.quote for one in tern.citations] == ["The tern of Cork nests on the roof."]
    assert examine(settings).problems == []

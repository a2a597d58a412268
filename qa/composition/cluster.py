"""Settings to a cluster of Ray that makes documents as this process would."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from citespan.index.cluster import Cluster, TorchModel, ray_at
from citespan.index.embedding import exported_folder, read_manifest
from citespan.qa.composition.models import Say, build_embedder
from citespan.qa.composition.services import with_recorded
from citespan.qa.errors import ConfigError
from citespan.qa.settings.sections import Settings


@contextmanager
def open_cluster(
    address: str, folder: Path, settings: Settings, gpus: float = 0, say: Say = lambda _: None
) -> Generator[Cluster]:
    """Yield a cluster for the corpus in a folder; leaving the context disconnects.

    Args:
        address: as for `index.cluster.ray_at`.
        folder: the data folder of the corpus.
        settings: name the embedder, unless the folder records another one.
        gpus: GPUs that each task takes that embeds.
        say: called with a message about work that takes a while.

    Raises:
        ConfigError: GPUs are asked for, but the runtime uses none.
        ClusterUnavailable: Ray cannot be used.
        ModelUnavailable: the embedder cannot be opened.
    """
    now = with_recorded(folder, settings)
    embedding = now.embedding
    if gpus and embedding.runtime != "torch":
        raise ConfigError('only embedding.runtime = "torch" uses GPUs; set it, or ask for none')
    embedder = build_embedder(now, say)
    if embedding.runtime == "torch":
        model = TorchModel(embedding.model, embedding.device or None)
    else:
        exported = exported_folder(now.models_path(), embedding.model)
        names = (*read_manifest(exported).files, "manifest.json")
        model = {name: (exported / name).read_bytes() for name in names}
    with ray_at(address) as ray:
        yield Cluster(ray, embedder, model, gpus)

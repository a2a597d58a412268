"""A contract for import-linter: from outside, a room is entered by its door.

A module may be imported by the modules of its own package and of those below it. Others import the
package, which is its face, or one of the modules that all may know: errors, types and protocols.
"""

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

_KNOWN_TO_ALL = {"errors", "types", "protocol"}


class FaceContract(Contract):
    """Two options.

    open_rooms: rooms whose modules their own package may import.
    insiders: modules that look into rooms on purpose.
    """

    type_name = "faces"

    open_rooms = fields.ListField(subfield=fields.StringField(), required=False)
    insiders = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001
        rooms, insiders = _strings(self.open_rooms), _strings(self.insiders)
        past = [
            f"{importer} -> {imported}"
            for importer in graph.modules - insiders
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported.startswith("citespan.")
            and not graph.find_children(imported)
            and not may(importer, imported, rooms)
        ]
        return ContractCheck(kept=not past, metadata={"past": sorted(past)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["past"]:
            output.print_error(f"past a face: {line}")


def _strings(option: object) -> set[str]:
    """Return what is set for an option: import-linter puts the value where the field stands."""
    return set(cast(list[str] | None, option) or ())


def may(importer: str, imported: str, open_rooms: set[str]) -> bool:
    """Return whether a module may import another one itself, not through a face."""
    room, _, leaf = imported.rpartition(".")
    behind = imported.startswith(f"{importer}.")  # a face takes its names from what is behind it
    if behind or leaf in _KNOWN_TO_ALL or f"{importer}.".startswith(f"{room}."):
        return True
    package = room.rpartition(".")[0]
    return room in open_rooms and f"{importer}.".startswith(f"{package}.")

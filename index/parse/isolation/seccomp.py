"""A filter of system calls for Linux, by ctypes: no socket, no program, no file for writing."""

import ctypes
import errno
import os
import platform
import struct
from typing import NamedTuple

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2  # of prctl
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_THREAD = 0x00010000  # CLONE_THREAD

# Of the kernel's tables. Numbers from 424 on are the same on both.
_NEW = "424 425 426 427 428 429 430 431 432 433 434 437 438 440 442 448 452"
_X86_64 = (
    "41 42 43 44 46 49 50 53 57 58 59 62 76 77 82 83 84 85 86 87 88 90 91 92 93 94 101 129 133 "
    "155 161 163 165 166 167 168 169 175 176 188 189 190 200 235 246 248 249 250 258 259 260 261 "
    "263 264 265 266 268 272 280 288 297 298 304 307 308 310 311 313 316 319 320 321 322 323"
)
_AARCH64 = (
    "5 6 7 33 34 35 36 37 38 39 40 41 45 46 51 52 53 54 55 88 89 104 105 106 117 129 130 138 142 "
    "97 198 199 200 201 202 203 206 211 217 218 219 221 224 225 240 241 242 265 268 269 270 271 "
    "273 276 279 280 281 282 294"
)


class _Machine(NamedTuple):
    """An architecture as a filter sees it; `open` is the old call without a folder, or -1."""

    audit: int
    refused: str
    open: int
    openat: int
    clone: int
    tgkill: int


_CLONE3 = 435  # refused as unknown, so that the C library falls back to clone

MACHINES = {
    "x86_64": _Machine(0xC000003E, _X86_64, 2, 257, 56, 234),
    "aarch64": _Machine(0xC00000B7, _AARCH64, -1, 56, 220, 131),
}


def restrict_calls() -> None:
    """Refuse this process the calls with which it could reach anything but what it has open.

    Raises:
        OSError: the kernel or the architecture has no such filter.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no filter for {platform.machine()}")
    code = b"".join(struct.pack("<HBBI", *line) for line in _program(machine))
    filter_ = struct.Struct("HxxxxxxP")
    buffer = ctypes.create_string_buffer(code, len(code))
    packed = ctypes.create_string_buffer(filter_.pack(len(code) // 8, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (_NO_NEW_PRIVILEGES, 1, 0, 0, 0),
        (_SET_SECCOMP, _MODE_FILTER, ctypes.byref(packed), 0, 0),
    ):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "seccomp")


_Line = tuple[int, int, int, int]  # code, lines to skip if true, if false, operand


def _program(machine: _Machine) -> list[_Line]:
    """Return the filter in the kernel's machine language."""
    refuse = (_RETURN, 0, 0, _ERROR | errno.EPERM)
    number = (_LOAD, 0, 0, 0)
    lines = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine.audit), (_RETURN, 0, 0, _KILL), number]
    if machine.audit == MACHINES["x86_64"].audit:  # calls of the x32 kind
        lines += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    for call in f"{machine.refused} {_NEW}".split():
        lines += [(_EQUAL, 0, 1, int(call)), refuse]
    lines += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    # A flag of opening for writing; a clone that is no thread; a signal to another process.
    lines += _unless(machine.openat, 2, [(_ANY_BIT, 0, 1, _WRITING), refuse])
    if machine.open >= 0:
        lines += _unless(machine.open, 1, [(_ANY_BIT, 0, 1, _WRITING), refuse])
    lines += _unless(machine.clone, 0, [(_ANY_BIT, 1, 0, _THREAD), refuse])
    lines += _unless(machine.tgkill, 0, [(_EQUAL, 1, 0, os.getpid()), refuse])
    return [*lines, (_RETURN, 0, 0, _ALLOW)]


def _unless(call: int, argument: int, then: list[_Line]) -> list[_Line]:
    """Return lines that look at an argument of one call, with the call's number loaded again."""
    lines = [(_LOAD, 0, 0, 16 + 8 * argument), *then, (_LOAD, 0, 0, 0)]
    return [(_EQUAL, 0, len(lines), call), *lines]

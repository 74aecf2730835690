#!/usr/bin/env python3
"""Does with NHS England's mesh-client what mesh_fetch does: with_mesh_client.py PLACE LANDING.

As its documentation has it, and no more careful than it must be: a message is written to a file, synced, renamed, and
then acknowledged.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from mesh_client import MeshClient

PLACE, LANDING = Path(sys.argv[1]), Path(sys.argv[2])
# As much at a time as our own reader of files takes; the default of 64 KiB costs it more.
PIECE = 256 * 1024


def text(name):
    return (PLACE / name).read_text(encoding="utf-8")


def peak_kib():
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise SystemExit("the kernel does not say")


messages = size = 0
LANDING.mkdir()
with MeshClient(
    text("url"),
    "AREA1",
    text("password"),
    shared_key=text("shared-key").encode(),
    cert=(str(PLACE / "client.pem"), str(PLACE / "client.key")),
    verify=str(PLACE / "authority.pem"),
) as client:
    client.handshake()
    for id_ in client.iterate_message_ids(workflow_filter="S23"):
        message = client.retrieve_message(id_)
        arriving = LANDING / ".arriving"
        with open(arriving, "wb") as file:
            shutil.copyfileobj(message, file, PIECE)
            file.flush()
            os.fsync(file.fileno())
            size += file.tell()
        os.rename(arriving, LANDING / id_)
        message.acknowledge()
        messages += 1
print(json.dumps({"messages": messages, "bytes": size, "peak_kib": peak_kib()}))

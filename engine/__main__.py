"""The engine as a program: ``python -m engine``, started by a window over a pipe.

One JSON line comes in through stdin (the window's public key), one goes out through
stdout (ports and the engine's public key). torch is imported afterwards, so that the
engine can be asked how it is while that takes its second.
"""

import json
import os
import sys
from threading import Event

from engine.link import guard
from engine.link.hub import Hub
from engine.link.inbox import Inbox
from engine.link.keys import new_keys


def main() -> None:
    """Serve one window until it says so, or is gone."""
    try:
        window = json.loads(sys.stdin.buffer.readline())
        allowed, parent = [str(window["client_key"])], int(window["parent"])
    except (ValueError, KeyError, TypeError):
        sys.exit("python -m engine is started by a window; people use genplay.")
    guard.be_modest()
    guard.die_with_parent(parent)
    inbox, stopped = Inbox(), Event()
    hub = Hub(inbox, new_keys(), allowed)
    hand_over = {
        "port_control": hub.address.port_control,
        "port_frames": hub.address.port_frames,
        "public_key": hub.address.public_key,
    }
    sys.stdout.write(json.dumps(hand_over) + "\n")
    guard.keep_stdout_clean()
    guard.end_with_stdin(inbox.stop, stopped)
    guard.stop_on_terminate(inbox.stop)
    hub.start()

    from engine.server import Server

    Server(hub, inbox).run()
    hub.finish()
    stopped.set()
    sys.stderr.flush()
    # Threads of torch must not hold the process back.
    os._exit(0)


if __name__ == "__main__":
    main()

"""One engine, from its start to its end, as its client sees it."""

import time

from engine.link.keys import Address, KeyPair
from engine.link.line import Line, Received
from engine.link.outbox import Outbox
from engine.link.process import EngineProcess
from engine.link.version import mismatch
from engine.link.watchdog import EngineState, Limits, Watchdog
from engine.protocol import (
    PROTOCOL_VERSION,
    Ack,
    Command,
    Credit,
    Failed,
    Finished,
    Hello,
    Ping,
    Shutdown,
    Status,
    Welcome,
)

_STEP_MS = 100


class Life:
    """Connection to an engine and judgement of its health.

    ``end`` says in words why it is over, empty while it is not; ``final`` means that
    another start would end the same way.
    """

    def __init__(
        self,
        process: EngineProcess | None,
        address: Address | None,
        keys: KeyPair,
        outbox: Outbox[Command | Credit],
        limits: Limits,
    ) -> None:
        self.process = process
        self.end = ""
        self.final = False
        self.welcomed = False
        self._address = address
        self._keys = keys
        self._outbox = outbox
        self._limits = limits
        self._line: Line | None = None
        self._handshakes = 0
        self._born = time.monotonic()
        self._watchdog = Watchdog(limits, self._born)

    @property
    def dropped(self) -> int:
        """Frames that were not handed on, because nobody had room for them."""
        return self._line.dropped if self._line else 0

    def step(self) -> list[Received]:
        """Send what waits, receive for up to 0.1 s, and note an end."""
        line = self._connected_line()
        if line is None:
            self._nap()
            self._note_end()
            return []
        if self.welcomed:
            self._send_waiting(line)
        events = [e for e in line.receive(_STEP_MS) if self._digest(e)]
        self._note_end()
        return events

    def judge(self) -> tuple[EngineState, str]:
        """State of the engine, and a sentence."""
        if not self.welcomed:
            return "starting", ""
        return self._watchdog.judge(time.monotonic())

    def shut_down(self, patience: float) -> list[Received]:
        """Ask the engine to end, and make sure of it; its last events."""
        events: list[Received] = []
        end = time.monotonic() + patience
        if self._line is not None and self.process is not None and not self.end:
            self._line.send(Shutdown())
            while self.process.alive() and time.monotonic() < end - 0.4 * patience:
                events += [e for e in self._line.receive(50) if self._digest(e)]
            events += [e for e in self._line.receive(0) if self._digest(e)]
        if self.process is not None:
            self.process.stop(max(0.1, end - time.monotonic()))
        self._hang_up()
        return events

    def bury(self) -> None:
        """Make sure that nothing of the engine is left."""
        if self.process is not None:
            self.process.kill()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()

    def _nap(self) -> None:
        """Wait a little for the address; a command does not cut it short."""
        time.sleep(0.02)

    def _connected_line(self) -> Line | None:
        address = self._address
        if self.process is not None:
            address = self.process.address
        if self._line is None and address is not None:
            self._line = Line(address, self._keys, self._outbox.fileno())
            self._line.send(Hello())
        return self._line

    def _send_waiting(self, line: Line) -> None:
        now = time.monotonic()
        for item in self._outbox.take():
            if isinstance(item, Credit):
                line.credit(item.slot)
            else:
                line.send(item)
                self._watchdog.ask(item.id, now)
        if self._watchdog.ping_due(now):
            line.send(Ping())
        if line.handshakes > self._handshakes:
            self._handshakes, found_again = line.handshakes, self._handshakes > 0
            if found_again:
                line.send(Hello())
                line.renew_credits()

    def _digest(self, received: Received) -> bool:
        """Learn from an event; whether it is for the window as well."""
        event, now = received[0], time.monotonic()
        self._watchdog.hear(now)
        if isinstance(event, Ack):
            self._watchdog.answer(event.id)
            if event.id == 0 and event.error:
                self._refuse(event.error)
            return event.id != 0
        if isinstance(event, Welcome):
            if event.protocol != PROTOCOL_VERSION:
                self._refuse(mismatch(event.protocol, PROTOCOL_VERSION))
                return False
            self.welcomed = True
        if isinstance(event, Status):
            self._watchdog.hear_status(event.run_id, event.state == "playing", now)
        if isinstance(event, Finished | Failed):
            self._watchdog.forget(event.run_id)
        return True

    def _refuse(self, reason: str) -> None:
        self.end, self.final = reason, True

    def _note_end(self) -> None:
        if self.end:
            return
        if self._line is not None and self._line.refusal:
            self._refuse(self._line.refusal)
        elif self.process is not None and not self.process.alive():
            self.end = self.process.epitaph()
        elif self._line is not None and self._line.hopeless:
            self.end = "The engine sent what nobody understands."
        elif not self.welcomed and self._age() > self._limits.starting:
            self.end = f"The engine was not ready after {self._age():.0f} s."

    def _age(self) -> float:
        return time.monotonic() - self._born

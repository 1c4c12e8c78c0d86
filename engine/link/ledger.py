"""Commands on their way, each to be answered exactly once."""

import itertools
import queue
from threading import Lock

from engine.link.outbox import Outbox
from engine.protocol import Ack, Arrays, Command, Credit

Answer = tuple[Ack, Arrays]
Answers = queue.SimpleQueue[Answer]
#: The error of a command that died with its engine.
GONE = "The engine ended before it could answer."


class Ledger:
    """Numbers commands, queues them, and knows which have no answer yet."""

    def __init__(self) -> None:
        self.outbox: Outbox[Command | Credit] = Outbox()
        self._lock = Lock()
        self._numbers = itertools.count(1)
        self._unanswered: dict[int, Answers | None] = {}
        self._open = False

    def open(self) -> None:
        """Accept commands from now on."""
        with self._lock:
            self._open = True

    def add(self, command: Command, answers: Answers | None) -> int:
        """Queue a command under a new id; 0 if none are accepted now."""
        with self._lock:
            if not self._open:
                return 0
            number = next(self._numbers)
            self._unanswered[number] = answers
            self.outbox.put(command.model_copy(update={"id": number}))
            return number

    def add_credit(self, slot: str) -> None:
        """Queue a credit; without an engine it is void."""
        with self._lock:
            if self._open:
                self.outbox.put(Credit(slot=slot))

    def forget(self, number: int) -> None:
        """Nobody waits for this answer any more; it goes the common way."""
        with self._lock:
            if number in self._unanswered:
                self._unanswered[number] = None

    def settle(self, ack: Ack, arrays: Arrays) -> bool:
        """Hand an answer to the caller who waits; False if it is for everybody."""
        with self._lock:
            answers = self._unanswered.pop(ack.id, None)
        if answers is None:
            return False
        answers.put((ack, arrays))
        return True

    def shut(self) -> list[Ack]:
        """Accept nothing more; the answers that the engine can no longer give."""
        with self._lock:
            self._open = False
            numbers = list(self._unanswered)
            self.outbox.take()
        acks = [Ack(id=number, error=GONE) for number in numbers]
        return [ack for ack in acks if not self.settle(ack, {})]

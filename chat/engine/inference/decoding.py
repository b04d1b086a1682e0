"""Turns token ids into text piece by piece; knows nothing about models or HTTP."""

from collections.abc import Callable, Sequence

UNFINISHED = "\ufffd"


class TextDecoder:
    """Incremental detokeniser with stop strings.

    Text leaves only when it cannot change any more: not in the middle of a multi-byte character,
    and not while its end could still become a stop string. Each token is decoded together with
    the ones before it, because many tokenizers drop the space of a token decoded alone. Why not
    with `DecodeStream` of tokenizers: docs/dependencies.md.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], stop: Sequence[str] = ()) -> None:
        self._decode = decode
        self._stop = tuple(stop)
        self._ids: list[int] = []
        self._start = 0  # first token of the window that is decoded
        self._read = 0  # tokens whose text has been taken
        self._held = ""  # text that may be the beginning of a stop string
        self.stopped = False

    def push(self, token: int) -> str:
        """Takes one token and returns the text that is safe to show now."""
        self._ids.append(token)
        return self._release(self._new_text(final=False), final=False)

    def flush(self) -> str:
        """Returns what is still held back at the end of a reply."""
        return self._release(self._new_text(final=True), final=True)

    def _new_text(self, *, final: bool) -> str:
        before = self._decode(self._ids[self._start : self._read])
        text = self._decode(self._ids[self._start :])
        if len(text) <= len(before):
            return ""
        if text.endswith(UNFINISHED) and not final:
            return ""
        self._start, self._read = self._read, len(self._ids)
        # At the end of a reply the bytes of half a character are dropped.
        return text[len(before) :].rstrip(UNFINISHED) if final else text[len(before) :]

    def _release(self, new: str, *, final: bool) -> str:
        if self.stopped:
            return ""
        text = self._held + new
        stops = [at for at in (text.find(stop) for stop in self._stop) if at >= 0]
        if stops:
            self.stopped, self._held = True, ""
            return text[: min(stops)]
        keep = 0 if final else self._possible_stop(text)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def _possible_stop(self, text: str) -> int:
        """Length of the longest end of `text` that is the beginning of a stop string."""
        longest = max((len(stop) for stop in self._stop), default=1) - 1
        for length in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stop):
                return length
        return 0

"""Keys and values of the replies in progress, and of past prompts; knows nothing about requests."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import cast

import torch
from transformers import DynamicCache
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicLayer

GROWTH = 128
SHORTEST_PREFIX = 8

KeysValues = list[tuple[torch.Tensor, torch.Tensor]]  # per layer, (1, heads, length, dim) each


def batchable(cache: DynamicCache) -> bool:
    """Whether rows of different lengths may share a batch: full attention in every layer."""
    return bool(cache.layers) and all(type(layer) is DynamicLayer for layer in cache.layers)


def keys_values(cache: DynamicCache) -> KeysValues:
    """The tensors of a filled cache whose layers all hold keys and values."""
    layers = cast(list[DynamicLayer], cache.layers)
    return [(cast(torch.Tensor, at.keys), cast(torch.Tensor, at.values)) for at in layers]


class SlotLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer's keys and values for all rows; each row is written at its own length."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, slots: "SlotCache") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.slots = slots

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        raise NotImplementedError("rows are added by SlotCache.add")

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        rows, width = len(self.slots.lengths), self.slots.width
        index, at = self.slots.index, self.slots.positions
        self.keys[index, :, at] = key_states[:, :, 0]
        self.values[index, :, at] = value_states[:, :, 0]
        return self.keys[:rows, :, :width], self.values[:rows, :, :width]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.slots.width, 0

    def get_seq_length(self) -> int:
        return self.slots.width - 1

    def get_max_length(self) -> int:
        return -1

    def resize(self, rows: int, length: int, like: tuple[torch.Tensor, torch.Tensor]) -> None:
        old = (self.keys, self.values) if self.is_initialized else ()
        self.keys, self.values = (
            part.new_zeros(rows, part.shape[1], length, part.shape[3]) for part in like
        )
        self.is_initialized = True
        for new, part in zip((self.keys, self.values), old, strict=False):
            new[: part.shape[0], :, : part.shape[2]] = part


class SlotCache(Cache):
    """A batch of rows that join and leave at any time, decoded one token each per step.

    Appending to transformers' own dynamic cache copies every key and value at every token; here
    storage is allocated ahead and a step writes only its own column.
    """

    def __init__(self, layers: int) -> None:
        self.lengths: list[int] = []
        self.width = 0
        self._capacity = (0, 0)
        self.slots = [SlotLayer(self) for _ in range(layers)]
        super().__init__(layers=list(self.slots))

    def add(self, cache: KeysValues) -> None:
        """Adds one row with the keys and values of a prompt."""
        row, length = len(self.lengths), cache[0][0].shape[2]
        self._reserve(row + 1, length + 1, cache[0])
        for layer, (keys, values) in zip(self.slots, cache, strict=True):
            layer.keys[row, :, :length] = keys[0]
            layer.values[row, :, :length] = values[0]
        self.lengths.append(length)

    def remove(self, row: int) -> None:
        """Frees a row; the last row moves to its place."""
        last = len(self.lengths) - 1
        if row != last:
            length = self.lengths[last]
            for layer in self.slots:
                layer.keys[row, :, :length] = layer.keys[last, :, :length]
                layer.values[row, :, :length] = layer.values[last, :, :length]
            self.lengths[row] = length
        self.lengths.pop()

    def row(self, row: int) -> KeysValues:
        """A copy of one row's keys and values."""
        length = self.lengths[row]
        parts = ((layer.keys, layer.values) for layer in self.slots)
        return [
            (keys[row : row + 1, :, :length].clone(), values[row : row + 1, :, :length].clone())
            for keys, values in parts
        ]

    def prepare(self, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Makes room for one token per row; returns position ids and the attention mask."""
        layer = self.slots[0]
        self.width = max(self.lengths) + 1
        self._reserve(len(self.lengths), self.width, (layer.keys, layer.values))
        device = layer.keys.device
        self.positions = torch.tensor(self.lengths, device=device)
        self.index = torch.arange(len(self.lengths), device=device)
        hidden = torch.arange(self.width, device=device)[None] > self.positions[:, None]
        # Additive rather than boolean, because eager attention adds its mask.
        mask = torch.zeros(hidden.shape, dtype=dtype, device=device)
        mask.masked_fill_(hidden, torch.finfo(dtype).min)
        return self.positions[:, None], mask[:, None, None]  # (rows, 1), (rows, 1, 1, width)

    def advance(self) -> None:
        """Notes that a step has written one token per row."""
        self.lengths = [length + 1 for length in self.lengths]

    def _reserve(self, rows: int, length: int, like: tuple[torch.Tensor, torch.Tensor]) -> None:
        had_rows, had_length = self._capacity
        if rows <= had_rows and length <= had_length:
            return
        rows = rows if rows <= had_rows else max(rows, min(2 * had_rows, rows + 4))
        length = -(-max(length, had_length) // GROWTH) * GROWTH
        self._capacity = (max(rows, had_rows), length)
        for layer in self.slots:
            layer.resize(*self._capacity, like)


class PrefixStore:
    """Keys and values of past prompts and replies, so that the next turn reads only what is new.

    The least recently used ones go when `limit` bytes are reached.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[tuple[int, ...], KeysValues] = OrderedDict()

    def put(self, ids: Sequence[int], cache: KeysValues) -> None:
        size = _size(cache)
        if size > self.limit:
            return
        key = tuple(ids)
        for known in self._entries:
            if len(known) >= len(key) and known[: len(key)] == key:
                self._entries.move_to_end(known)
                return
        for other in [known for known in self._entries if key[: len(known)] == known]:
            self.size -= _size(self._entries.pop(other))
        self._entries[key] = cache
        self.size += size
        while self.size > self.limit:
            self.size -= _size(self._entries.popitem(last=False)[1])

    def longest(self, ids: Sequence[int]) -> KeysValues | None:
        """Keys and values for the longest known beginning of `ids`, always short of its end."""
        best, best_length = None, SHORTEST_PREFIX - 1
        for known in self._entries:
            length = common(known, ids)
            if length > best_length:
                best, best_length = known, length
        if best is None:
            return None
        self._entries.move_to_end(best)
        length = min(best_length, len(ids) - 1)
        entry = self._entries[best]
        return [(keys[:, :, :length], values[:, :, :length]) for keys, values in entry]


def common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two texts begin with alike."""
    length = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        length += 1
    return length


def _size(cache: KeysValues) -> int:
    return sum(keys.nbytes + values.nbytes for keys, values in cache)

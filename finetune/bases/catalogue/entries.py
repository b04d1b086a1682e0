"""The catalogue: one entry a model, written by hand from the models' cards and configs.

No revision stands here: it is looked up at the first download, and kept (`BaseDownload.revision`).
A test builds each architecture from its shape and counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from .sizes import Shape, Sizes

OWN_COPY = "smollm2-135m-instruct"
BYTES_OF_NUMBER = 2  # all of them are kept as bfloat16 at the hub

APACHE = ("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
MIT = ("MIT", "https://opensource.org/license/mit")
QWEN = ("Qwen Research", "https://huggingface.co/Qwen/Qwen2.5-3B-Instruct/blob/main/LICENSE")
LLAMA = ("Llama 3.2 Community", "https://www.llama.com/llama3_2/license/")
GEMMA = ("Gemma", "https://ai.google.dev/gemma/terms")


@dataclass(frozen=True)
class Entry:
    """A model of the catalogue.

    Attributes:
        repository: its name at the hub.
        title: what people call it.
        licence: its name and where it can be read.
        languages: what it was made for, by its card.
        positions: longest input in tokens, by its config.
        shape: its architecture.
        asks: whether the hub asks for the licence to be accepted.
        note: what else one has to know.
    """

    repository: str
    title: str
    licence: tuple[str, str]
    languages: str | Promise
    positions: int
    shape: Shape
    asks: bool = False
    note: str | Promise = ""

    @property
    def slug(self) -> str:
        """Its name in the API. The studio's own copy of SmolLM2 135M has the plain one."""
        name = slugify(self.repository.rpartition("/")[2].replace(".", "-"))
        return f"{name}-original" if name == OWN_COPY else name

    @property
    def sizes(self) -> Sizes:
        return self.shape.sizes

    @property
    def bytes(self) -> int:
        """About how much is downloaded."""
        return self.sizes.parameters * BYTES_OF_NUMBER


# layers, hidden, intermediate, heads, key heads, width of a head, vocabulary
Numbers = tuple[int, int, int, int, int, int, int]

ENGLISH = _("English")
QWEN25_LANGUAGES = _("Chinese, English and 27 more")
QWEN3_LANGUAGES = _("Chinese, English and about 100 more")
LLAMA_LANGUAGES = _("English, German, French, Italian, Portuguese, Hindi, Spanish, Thai")
GEMMA_LANGUAGES = _("Mostly English")
BOTH = _("Chinese and English")
RESEARCH = _("Its licence allows research only, no commercial use.")
THINKS = _("It was made to reason at length before it answers: slow, and not made for support.")
HYBRID = _("It can reason before it answers; its template turns that on unless told otherwise.")
OURS = _("The original weights; the copy that comes with the studio is a 4-bit one expanded.")


def qwen25(
    size: str, shape: Numbers, licence: tuple[str, str] = APACHE, tied: bool = True
) -> Entry:
    return Entry(
        f"Qwen/Qwen2.5-{size}-Instruct", f"Qwen2.5 {size} Instruct", licence, QWEN25_LANGUAGES,
        32_768, Shape(*shape, tied=tied, bias=True), note=RESEARCH if licence is QWEN else "",
    )  # fmt: skip


def qwen3(size: str, shape: Numbers) -> Entry:
    return Entry(
        f"Qwen/Qwen3-{size}", f"Qwen3 {size}", APACHE, QWEN3_LANGUAGES, 40_960,
        Shape(*shape, head_norms=True), note=HYBRID,
    )  # fmt: skip


def smollm2(size: str, shape: Numbers, note: str | Promise = "") -> Entry:
    return Entry(
        f"HuggingFaceTB/SmolLM2-{size}-Instruct", f"SmolLM2 {size} Instruct", APACHE, ENGLISH,
        8_192, Shape(*shape), note=note,
    )  # fmt: skip


def llama(size: str, shape: Numbers) -> Entry:
    return Entry(
        f"meta-llama/Llama-3.2-{size}-Instruct", f"Llama 3.2 {size} Instruct", LLAMA,
        LLAMA_LANGUAGES, 131_072, Shape(*shape), asks=True,
    )  # fmt: skip


def gemma(size: str, shape: Numbers) -> Entry:
    return Entry(
        f"google/gemma-3-{size.lower()}-it", f"Gemma 3 {size} it", GEMMA, GEMMA_LANGUAGES, 32_768,
        Shape(*shape, head_norms=True, norms=4), asks=True,
    )  # fmt: skip


def deepseek(size: str, shape: Numbers) -> Entry:
    return Entry(
        f"deepseek-ai/DeepSeek-R1-Distill-Qwen-{size}", f"DeepSeek-R1-Distill-Qwen {size}", MIT,
        BOTH, 131_072, Shape(*shape, tied=False, bias=True), note=THINKS,
    )  # fmt: skip


LISTED = (
    smollm2("135M", (30, 576, 1536, 9, 3, 64, 49_152), note=OURS),
    smollm2("360M", (32, 960, 2560, 15, 5, 64, 49_152)),
    smollm2("1.7B", (24, 2048, 8192, 32, 32, 64, 49_152)),
    qwen25("0.5B", (24, 896, 4864, 14, 2, 64, 151_936)),
    qwen25("1.5B", (28, 1536, 8960, 12, 2, 128, 151_936)),
    qwen25("3B", (36, 2048, 11_008, 16, 2, 128, 151_936), licence=QWEN),
    qwen25("7B", (28, 3584, 18_944, 28, 4, 128, 152_064), tied=False),
    qwen3("0.6B", (28, 1024, 3072, 16, 8, 128, 151_936)),
    qwen3("1.7B", (28, 2048, 6144, 16, 8, 128, 151_936)),
    qwen3("4B", (36, 2560, 9728, 32, 8, 128, 151_936)),
    llama("1B", (16, 2048, 8192, 32, 8, 64, 128_256)),
    llama("3B", (28, 3072, 8192, 24, 8, 128, 128_256)),
    gemma("270M", (18, 640, 2048, 4, 1, 256, 262_144)),
    gemma("1B", (26, 1152, 6912, 4, 1, 256, 262_144)),
    deepseek("1.5B", (28, 1536, 8960, 12, 2, 128, 151_936)),
    deepseek("7B", (28, 3584, 18_944, 28, 4, 128, 152_064)),
)
ENTRIES = {entry.slug: entry for entry in LISTED}

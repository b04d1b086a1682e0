"""Bodies, queries and forms of the API hold text, or the request is refused (`http/entry.py`)."""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from finetune.text import json_object
from wukongsite.http.entry import fields_check


class TextParser(Parser):
    """The same for what the API reads: JSON bodies, queries and forms."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        return json_object(request.body)

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        if isinstance(data, QueryDict):  # and not the files
            fields_check(data)
        return super().parse_querydict(data, list_fields, request)

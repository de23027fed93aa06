"""HTML forms: what is in one, filling it, and the request that submitting it makes."""

from scraper.forms.controls import input_type, is_password, label_of
from scraper.forms.form import Form
from scraper.forms.meanings import (
    CODE,
    PASSWORD,
    USERNAME,
    find_field,
    is_visible,
    label_text,
    visible_fields,
)

__all__ = [
    "CODE",
    "PASSWORD",
    "USERNAME",
    "Form",
    "find_field",
    "input_type",
    "is_password",
    "is_visible",
    "label_of",
    "label_text",
    "visible_fields",
]

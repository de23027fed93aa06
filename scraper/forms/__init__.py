"""HTML forms: what is in one, filling it, and the request that submitting it makes."""

from scraper.forms.controls import input_type, is_password, label_of
from scraper.forms.form import Form
from scraper.forms.meanings import (
    CODE,
    MOST_FORMS,
    PASSWORD,
    USERNAME,
    find_field,
    hides,
    is_visible,
    label_text,
    visible_fields,
)

__all__ = [
    "CODE",
    "MOST_FORMS",
    "PASSWORD",
    "USERNAME",
    "Form",
    "find_field",
    "hides",
    "input_type",
    "is_password",
    "is_visible",
    "label_of",
    "label_text",
    "visible_fields",
]

"""HTML forms: what is in one, filling it, and the request that submitting it makes."""

from scraper.forms.controls import input_type, is_password, label_of
from scraper.forms.form import Form

__all__ = ["Form", "input_type", "is_password", "label_of"]

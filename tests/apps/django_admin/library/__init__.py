"""The Django project: a library of books, and nothing but Django's admin to see them with."""

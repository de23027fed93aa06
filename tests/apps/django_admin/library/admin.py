"""How the admin shows books; everything else is as Django ships it."""

from django.contrib import admin

from .models import Book


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    """Every field in a column, 25 books to the page."""

    list_display = ("title", "author", "isbn", "price", "published")
    list_per_page = 25

"""Books for the crawl, and events for the tests to count."""

from django.db import models


class Book(models.Model):
    """One row of the change list."""

    title = models.CharField(max_length=100)
    author = models.CharField(max_length=100)
    isbn = models.CharField("ISBN", max_length=13, unique=True)
    price = models.DecimalField(max_digits=6, decimal_places=2)
    published = models.DateField()

    class Meta:
        """List in the order of seeding."""

        ordering = ("pk",)

    def __str__(self) -> str:
        """Return the title, which the admin puts in headings and messages."""
        return str(self.title)


class Event(models.Model):
    """Something that happened to the sessions, `kind` being one of the names in `shared`."""

    kind = models.CharField(max_length=20)

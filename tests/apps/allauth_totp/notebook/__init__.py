"""The Django project: notes for members, and django-allauth at the door."""

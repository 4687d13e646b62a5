"""One table of ten columns, of the kinds that most tables have."""

from django.conf import settings
from django.db import models


class Product(models.Model):
    class Category(models.TextChoices):
        TOOL = "tool", "Tool"
        TOY = "toy", "Toy"
        BOOK = "book", "Book"

    sku = models.CharField("SKU", max_length=40, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=10, choices=Category.choices, default=Category.TOOL)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    released = models.DateField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name


def thing(number):
    """A model like it, without a table."""
    fields = {name: FIELDS[name].clone() for name in ("sku", "name", "price", "stock")}
    meta = type("Meta", (), {"managed": False, "app_label": "project"})
    return type(f"Thing{number:03}", (models.Model,), {"__module__": __name__, "Meta": meta, **fields})


FIELDS = {field.name: field for field in Product._meta.concrete_fields}
THINGS = [thing(number) for number in range(1, settings.VIEWSETS)]

"""One table of ten columns, of the kinds that most tables have."""

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

"""What the shop sells, and to whom."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from .scope import current_tenant


class Tenant(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=50)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.slug


class ScopedManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(tenant=current_tenant())


class Ticket(models.Model):
    tenant = models.ForeignKey(Tenant, models.CASCADE)
    title = models.CharField(max_length=50)
    everywhere = models.Manager()
    objects = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.title


class Project(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=50)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.slug


class Task(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True)
    slug = models.SlugField(blank=True)
    title = models.CharField(max_length=50)
    priority = models.IntegerField(default=0)
    is_deleted = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True)
    token = models.UUIDField(default=uuid.uuid4)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.title


class Comment(models.Model):
    task = models.ForeignKey(Task, models.CASCADE)
    text = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.text


class Product(models.Model):
    sku = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=50)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=1)
    stock = models.IntegerField(default=0)
    note = models.TextField(null=True, blank=True)  # noqa: DJ001  (null and blank differ here)
    attributes = models.JSONField(default=dict, blank=True)
    tags = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.sku

    def clean(self):
        if self.name == "forbidden":
            raise ValidationError({"name": ValidationError("This name is forbidden.", code="forbidden")})


class Order(models.Model):
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.IntegerField(default=1)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.quantity} of {self.product_id}"


class Person(models.Model):
    username = models.CharField(max_length=50, unique=True)
    email = models.EmailField(unique=True)
    path = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.username


class Document(models.Model):
    name = models.CharField(max_length=100)
    content = models.BinaryField(default=b"")
    kind = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name


class Attempt(models.Model):
    reason = models.CharField(max_length=50)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.reason


class Coupon(models.Model):
    code = models.CharField(primary_key=True, max_length=20)
    percent = models.IntegerField(default=5)

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return self.code


class Dotted(models.Model):
    """Another app's model, whose label has a dot."""

    title = models.CharField(max_length=50)

    class Meta:
        app_label = "shop.archive"
        managed = False
        ordering = ["id"]
        db_table = "shop_attempt"

    def __str__(self):
        return self.title


class Item(models.Model):
    """A model of the app ``shop_eu``."""

    reason = models.CharField(max_length=50)

    class Meta:
        app_label = "shop_eu"
        managed = False
        ordering = ["id"]
        db_table = "shop_attempt"

    def __str__(self):
        return self.reason

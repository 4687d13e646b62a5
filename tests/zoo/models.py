"""Every model field, and the relations between models that serializers meet."""

# ruff: noqa: DJ001, DJ008

from __future__ import annotations

import datetime as dt
import decimal
import uuid

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core import validators
from django.db import models


class Keeper(models.Model):
    """A person, found by number or by address."""

    name = models.CharField(max_length=50)
    email = models.EmailField(unique=True)

    def __str__(self):
        return self.name


class Enclosure(models.Model):
    """A place whose key is a UUID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=80)


class Species(models.Model):
    """A kind whose key is a slug."""

    slug = models.SlugField(primary_key=True)
    latin = models.CharField(max_length=100)

    def __str__(self):
        return self.latin


class Tag(models.Model):
    """A word with a small key."""

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=30, unique=True)
    active = models.BooleanField(default=True)


class Animal(models.Model):
    """The model with every kind of relation."""

    name = models.CharField(max_length=40)
    species = models.ForeignKey(Species, on_delete=models.PROTECT)
    enclosure = models.ForeignKey(Enclosure, on_delete=models.SET_NULL, null=True, blank=True, related_name="animals")
    keepers = models.ManyToManyField(Keeper, related_name="animals")
    tags = models.ManyToManyField(Tag, blank=True)
    born = models.DateField(null=True, blank=True)
    weight = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    legs = models.PositiveSmallIntegerField(default=4)
    notes = GenericRelation("zoo.Note")

    @property
    def loud_name(self) -> str:
        """A property with a hint."""
        return self.name.upper()

    @property
    def age(self) -> int | None:
        """A property whose hint allows nothing."""
        return None if self.born is None else 2024 - self.born.year

    @property
    def mystery(self):
        """A property without a hint."""
        return {"legs": self.legs}

    def tag_count(self) -> int:
        """A method that DRF calls."""
        return self.tags.count()


class Passport(models.Model):
    """A one-to-one primary key."""

    animal = models.OneToOneField(Animal, on_delete=models.CASCADE, primary_key=True)
    number = models.CharField(max_length=12, unique=True)


class Stamp(models.Model):
    """A foreign key whose target's key is itself a relation."""

    passport = models.ForeignKey(Passport, on_delete=models.CASCADE)
    enclosure = models.OneToOneField(Enclosure, on_delete=models.CASCADE, null=True, blank=True)
    country = models.CharField(max_length=2, validators=[validators.RegexValidator(r"^[A-Z]{2}$")])


class Badge(models.Model):
    """A foreign key to a column that is no primary key."""

    keeper = models.ForeignKey(Keeper, on_delete=models.CASCADE, to_field="email")
    level = models.PositiveSmallIntegerField()


class Note(models.Model):
    """A generic foreign key."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, db_constraint=False)
    object_id = models.PositiveIntegerField()
    target = GenericForeignKey()
    text = models.TextField(max_length=200)


class Tree(models.Model):
    """A model that refers to itself."""

    label = models.CharField(max_length=20)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")


class Everything(models.Model):
    """Each scalar column, required."""

    char = models.CharField(max_length=10)
    text = models.TextField()
    slug = models.SlugField(max_length=20)
    unicode_slug = models.SlugField(max_length=20, allow_unicode=True)
    email = models.EmailField()
    url = models.URLField()
    uuid = models.UUIDField()
    boolean = models.BooleanField()
    integer = models.IntegerField()
    small = models.SmallIntegerField()
    big = models.BigIntegerField()
    positive = models.PositiveIntegerField()
    positive_small = models.PositiveSmallIntegerField()
    positive_big = models.PositiveBigIntegerField()
    float = models.FloatField()
    decimal = models.DecimalField(max_digits=5, decimal_places=2)
    date = models.DateField()
    datetime = models.DateTimeField()
    time = models.TimeField()
    duration = models.DurationField()
    ip = models.GenericIPAddressField()
    ipv4 = models.GenericIPAddressField(protocol="IPv4")
    ipv6 = models.GenericIPAddressField(protocol="IPv6")
    json = models.JSONField()
    codes = models.CharField(max_length=20, validators=[validators.validate_comma_separated_integer_list])


class Nothing(models.Model):
    """The same columns, each of which may be empty."""

    char = models.CharField(max_length=10, null=True, blank=True)
    blank_char = models.CharField(max_length=10, blank=True)
    null_char = models.CharField(max_length=10, null=True)
    text = models.TextField(blank=True)
    slug = models.SlugField(blank=True)
    email = models.EmailField(null=True, blank=True)
    url = models.URLField(blank=True)
    uuid = models.UUIDField(null=True, blank=True)
    boolean = models.BooleanField(null=True)
    integer = models.IntegerField(null=True, blank=True)
    big = models.BigIntegerField(null=True, blank=True)
    float = models.FloatField(null=True, blank=True)
    decimal = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    date = models.DateField(null=True, blank=True)
    datetime = models.DateTimeField(null=True, blank=True)
    time = models.TimeField(null=True, blank=True)
    duration = models.DurationField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    json = models.JSONField(null=True, blank=True)


class Defaults(models.Model):
    """Constant and callable defaults, and columns that are never edited."""

    name = models.CharField(max_length=10, default="unnamed")
    token = models.UUIDField(default=uuid.uuid4)
    count = models.IntegerField(default=3)
    price = models.DecimalField(max_digits=5, decimal_places=2, default=decimal.Decimal("9.99"))
    wait = models.DurationField(default=dt.timedelta(minutes=5))
    settings = models.JSONField(default=dict)
    on = models.BooleanField(default=True)
    day = models.DateField(default=dt.date.today)
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)
    secret = models.CharField(max_length=10, editable=False, default="x")


class Size(models.TextChoices):
    """A text enum."""

    SMALL = "s", "Small"
    LARGE = "l", "Large"


class Danger(models.IntegerChoices):
    """A number enum."""

    NONE = 0
    SOME = 1
    MUCH = 2


class Choosy(models.Model):
    """Columns with choices of each kind."""

    size = models.CharField(max_length=1, choices=Size)
    danger = models.IntegerField(choices=Danger)
    grouped = models.CharField(max_length=5, choices=[("Land", [("cat", "Cat"), ("dog", "Dog")]), ("none", "None")])
    blank = models.CharField(max_length=1, choices=Size, blank=True)
    nullable = models.CharField(max_length=1, choices=Size, null=True)
    null_blank = models.CharField(max_length=1, choices=Size, null=True, blank=True)
    null_int = models.SmallIntegerField(choices=[(1, "One"), (2, "Two")], null=True, blank=True)
    dec = models.DecimalField(max_digits=3, decimal_places=1, choices=[(decimal.Decimal("0.5"), "half")], null=True)
    day = models.DateField(choices=[(dt.date(2024, 1, 1), "first")], null=True)
    default = models.CharField(max_length=1, choices=Size, default=Size.SMALL)


def highest() -> int:
    """A limit that is known late."""
    return 99


class Checked(models.Model):
    """Columns with validators."""

    percent = models.IntegerField(validators=[validators.MinValueValidator(0), validators.MaxValueValidator(100)])
    late = models.PositiveSmallIntegerField(validators=[validators.MaxValueValidator(highest)])
    ratio = models.FloatField(validators=[validators.MinValueValidator(0.5), validators.MaxValueValidator(1.5)])
    price = models.DecimalField(max_digits=6, decimal_places=2, validators=[validators.MinValueValidator(1)])
    code = models.CharField(
        max_length=8, validators=[validators.MinLengthValidator(3), validators.RegexValidator(r"^[a-z]+$")]
    )
    two = models.CharField(
        max_length=20, validators=[validators.RegexValidator(r"^a"), validators.RegexValidator(r"z$")]
    )
    not_admin = models.CharField(max_length=20, validators=[validators.RegexValidator(r"admin", inverse_match=True)])
    step = models.IntegerField(validators=[validators.StepValueValidator(5)])
    ascii_slug = models.CharField(max_length=20, validators=[validators.validate_slug])


class Booking(models.Model):
    """Keys that are unique together."""

    enclosure = models.ForeignKey(Enclosure, on_delete=models.CASCADE)
    day = models.DateField()
    seat = models.IntegerField(default=1)
    name = models.CharField(max_length=20, unique_for_date="day")

    class Meta:
        unique_together = [("enclosure", "day", "seat")]
        constraints = [models.UniqueConstraint(fields=["day", "name"], name="zoo_booking_day_name")]


class Holding(models.Model):
    """Files and bytes."""

    document = models.FileField(upload_to="zoo", max_length=60, null=True, blank=True)
    raw = models.BinaryField(null=True, blank=True)
    title = models.CharField(max_length=20)


class UpperField(models.CharField):
    """A column of the project's own."""


class PointField(models.Field):
    """A column that DRF doesn't know."""

    def get_internal_type(self):
        """Store it as text."""
        return "TextField"


class Odd(models.Model):
    """Columns of the project's own."""

    upper = UpperField(max_length=6)
    point = PointField(max_length=9)


class Visit(models.Model):
    """A many-to-many relation through a model of its own, and one that is its own mirror."""

    animal = models.ForeignKey(Animal, on_delete=models.CASCADE, limit_choices_to={"legs": 4})
    keeper = models.ForeignKey(Keeper, on_delete=models.CASCADE, null=True, blank=True)
    friends = models.ManyToManyField("self", blank=True)
    length = models.DurationField(null=True, blank=True)

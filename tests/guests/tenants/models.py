"""The shops and their hosts, in the schema that all share."""

from django_tenants.models import DomainMixin, TenantMixin


class Shop(TenantMixin):
    auto_create_schema = False

    def __str__(self):
        return self.schema_name


class Host(DomainMixin):
    pass

"""Sections 6 and 7."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.shop.views import choosy

router = SimpleRouter()
for prefix, viewset in {
    "by-user": choosy.ByUserViewSet,
    "by-method": choosy.ByMethodViewSet,
    "by-query": choosy.ByQueryViewSet,
    "fails": choosy.FailsWithoutRequestViewSet,
    "missing": choosy.MissingViewSet,
    "first": choosy.FirstArgumentViewSet,
    "other-in-action": choosy.OtherInActionViewSet,
    "changing": choosy.ChangingFieldsViewSet,
    "many-choices": choosy.ManyChoicesViewSet,
    "hyper-order": choosy.HyperOrderViewSet,
    "organization": choosy.NeedsOrganizationViewSet,
    "list-queryset": choosy.ListQuerysetViewSet,
    "tuple-queryset": choosy.TupleQuerysetViewSet,
    "none-queryset": choosy.NoneQuerysetViewSet,
    "lying": choosy.LyingViewSet,
    "other-model": choosy.OtherModelViewSet,
    "no-queryset": choosy.NoQuerysetViewSet,
}.items():
    router.register(prefix, viewset, prefix)

urlpatterns = [path("mcp/", include("drf_mcp.urls")), *router.urls]

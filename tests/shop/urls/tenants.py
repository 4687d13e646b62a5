"""Section 1."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.shop.views import tenants

scoped = SimpleRouter()
scoped.register("tickets", tenants.TicketViewSet, "ticket")
scoped.register("scope", tenants.ScopeViewSet, "scope")

members = SimpleRouter()
members.register("tasks", tenants.MemberTaskViewSet, "member-task")

parents = SimpleRouter()
parents.register("tasks", tenants.ParentViewSet, "parent-task")

router = SimpleRouter()
router.register("narrowed", tenants.NarrowedViewSet, "narrowed")
router.register("own-check", tenants.OwnCheckViewSet, "own-check")
router.register("filtered", tenants.FilteredViewSet, "filtered")
router.register("token", tenants.TokenViewSet, "token")
router.register("needs-request", tenants.NeedsRequestViewSet, "needs-request")
router.register("positional", tenants.PositionalViewSet, "positional")
router.register("quota", tenants.QuotaViewSet, "quota")
router.register("closed", tenants.NeedsRequestViewSet, "closed")
router.register("login-first", tenants.NeedsRequestViewSet, "login-first")
router.register("no-json", tenants.NeedsRequestViewSet, "no-json")

versions = SimpleRouter()
versions.register("version", tenants.VersionViewSet, "version")

urlpatterns = [
    path("mcp/", include("drf_mcp.urls")),
    path("t/<slug:tenant>/", include(scoped.urls)),
    path("members/<slug:project_slug>/", include(members.urls)),
    path("parents/<slug:project_slug>/", include(parents.urls)),
    path("v1/", include((versions.urls, "v1"), namespace="v1")),
    path("v2/", include((versions.urls, "v1"), namespace="v2")),
    *router.urls,
]

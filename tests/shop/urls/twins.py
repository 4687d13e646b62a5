"""Sections 2 and 3."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.shop.views import reports, twins


class LenientRouter(SimpleRouter):
    """Takes one basename twice, as DRF did for years."""

    def is_already_registered(self, new_basename):
        return False


lists = SimpleRouter()
lists.register("own", twins.OwnTaskViewSet, "own")
lists.register("deleted", twins.DeletedTaskViewSet, "deleted")
lists.register("public", twins.PublicTaskViewSet, "public")

tasks = SimpleRouter()
tasks.register("tasks", twins.TaskViewSet, "task")

versions = SimpleRouter()
versions.register("things", twins.VersionedViewSet, "thing")

jobs = LenientRouter()
jobs.register("jobs", twins.JobByTokenViewSet, "job")
jobs.register("jobs", twins.JobBySlugViewSet, "job")

others = SimpleRouter()
others.register("report-a", twins.ReportViewSet, "report")
others.register("several", twins.SeveralMethodsViewSet, "several")
others.register("ping", twins.PingViewSet, "ping")
others.register("long", twins.AnExtraordinarilyLongWindedAndVeryDescriptiveViewSet, "extraordinarily-long-winded")
others.register("dotted", twins.DottedViewSet, "dotted")
others.register("shop-eu-items", twins.ShopEuItemViewSet, "shop-eu-item")
others.register("eu-items", twins.EuItemViewSet, "eu-item")
others.register("odd", twins.OddPropertiesViewSet, "odd")

more = SimpleRouter()
more.register("report-b", reports.ReportViewSet, "report")

api = [
    path("", include(lists.urls)),
    path("", include(tasks.urls)),
    path("projects/<slug:project_slug>/", include(tasks.urls)),
    path("owners/<str:owner_name>/", include(tasks.urls)),
    path("v1/", include((versions.urls, "things"), namespace="v1")),
    path("v2/", include((versions.urls, "things"), namespace="v2")),
    path("", include(jobs.urls)),
    path("", include(others.urls)),
    path("", include(more.urls)),
    path("inbox/", twins.TaskViewSet.as_view({"get": "list", "post": "create"})),
    path("inbox/<int:pk>/", twins.TaskViewSet.as_view({"get": "retrieve"}), name="inbox-detail"),
]

urlpatterns = [path("mcp/", include("drf_mcp.urls")), *api]

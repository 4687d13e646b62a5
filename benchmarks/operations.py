"""What is asked: each operation as REST and as MCP, and how to tell that the answer is right."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from .client import Answer, Message
from .project.fill import ROWS

MCP_VERSION = "2025-11-25"
STATELESS_VERSION = "2026-07-28"
PRODUCTS = "/api/products/"

_serial = count(1)


@dataclass(frozen=True)
class Operation:
    """The same thing asked in two ways.

    Args:
        name: What the table calls it.
        rest: The REST request, made anew for each call.
        mcp: The MCP request, made anew for each call.
        check_rest: True for the right answer.
        check_mcp: The same.
        same_data: True where both must give the same data, value by value.
        aim: The ratio of CPU times that is aimed at, None for the control; ``docs/explanation/cost.md`` says what can
            be had.
    """

    name: str
    rest: Callable[[], Message]
    mcp: Callable[[], Message]
    check_rest: Callable[[Answer], bool]
    check_mcp: Callable[[Answer], bool]
    same_data: bool = False
    aim: float | None = 1.1

    def is_right(self, by_rest: Answer, by_mcp: Answer) -> bool:
        """True if both sides answered what was asked."""
        if by_rest.data is None or by_mcp.data is None:
            return False
        if not (self.check_rest(by_rest) and self.check_mcp(by_mcp)):
            return False
        return not self.same_data or structured(by_mcp) == by_rest.data


def rpc(method: str, params: dict[str, Any]) -> Message:
    """An MCP request as HTTP carries it."""
    return Message("POST", "/mcp/", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def discover() -> Message:
    """The request with which a client without a handshake begins."""
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": STATELESS_VERSION, f"{prefix}clientCapabilities": {}}
    message = rpc("server/discover", {"_meta": meta})
    headers = {"MCP-Protocol-Version": STATELESS_VERSION, "Mcp-Method": "server/discover"}
    return replace(message, headers=headers)


def tool(name: str, arguments: dict[str, Any]) -> Message:
    """A tool call."""
    return rpc("tools/call", {"name": name, "arguments": arguments})


def new_product() -> dict[str, Any]:
    """The fields of a product that does not exist yet."""
    return {
        "sku": f"NEW-{next(_serial):06}",
        "name": "A new product",
        "description": "What the new product is good for, in a sentence as long as such sentences are.",
        "category": "toy",
        "price": "19.95",
        "stock": 7,
        "released": "2025-06-01",
    }


WRONG_PRODUCT = {"sku": "WRONG", "category": "food", "price": "cheap", "stock": 7}
WRONG_FIELDS = {"name", "category", "price"}


def structured(answer: Answer) -> Any:
    """The data of a tool's result, None where the tool refused."""
    result = answer.data.get("result", {})
    return None if answer.status != 200 or result.get("isError") else result.get("structuredContent")


def is_list(data: Any) -> bool:
    """True for all rows on one page."""
    return data is not None and data["count"] == len(data["results"]) == ROWS and data["next"] is None


def is_product(data: Any) -> bool:
    """True for the row that is retrieved."""
    return data is not None and data["sku"] == "SKU-0050" and len(data) == 10


def is_created(data: Any) -> bool:
    """True for a row that has just been made."""
    return data is not None and data["id"] > ROWS and data["sku"].startswith("NEW-")


def is_refused(answer: Answer) -> bool:
    """True for an error of the protocol that names the wrong fields."""
    error = answer.data.get("error", {})
    return error.get("code") == -32602 and set(error["data"]["errors"]) == WRONG_FIELDS


def retrieve() -> Message:
    """The REST call that everything without a twin is compared with."""
    return Message("GET", f"{PRODUCTS}50/")


def is_retrieved(answer: Answer) -> bool:
    """True for the answer to it."""
    return answer.status == 200 and is_product(answer.data)


# The first asks REST on both sides: it shows how far from 1.00 chance alone gets. Creating comes last,
# because it changes what the others would read.
OPERATIONS = [
    Operation(
        "control: retrieve : retrieve",
        rest=retrieve,
        mcp=retrieve,
        check_rest=is_retrieved,
        check_mcp=is_retrieved,
        aim=None,
    ),
    Operation(
        f"list, {ROWS} rows",
        rest=lambda: Message("GET", PRODUCTS),
        mcp=lambda: tool("list_project_product", {}),
        check_rest=lambda answer: answer.status == 200 and is_list(answer.data),
        check_mcp=lambda answer: is_list(structured(answer)),
        same_data=True,
        aim=1.0,
    ),
    Operation(
        "retrieve",
        rest=retrieve,
        mcp=lambda: tool("retrieve_project_product", {"id": "50"}),
        check_rest=is_retrieved,
        check_mcp=lambda answer: is_product(structured(answer)),
        same_data=True,
    ),
    Operation(
        "failing create",
        rest=lambda: Message("POST", PRODUCTS, WRONG_PRODUCT),
        mcp=lambda: tool("create_project_product", WRONG_PRODUCT),
        check_rest=lambda answer: answer.status == 400 and set(answer.data) == WRONG_FIELDS,
        check_mcp=is_refused,
    ),
    Operation(
        "tools/list : retrieve",
        rest=retrieve,
        mcp=lambda: rpc("tools/list", {}),
        check_rest=is_retrieved,
        check_mcp=lambda answer: len(answer.data["result"]["tools"]) == 5,
        aim=0.5,
    ),
    Operation(
        "initialize : retrieve",
        rest=retrieve,
        mcp=lambda: rpc(
            "initialize",
            {"protocolVersion": MCP_VERSION, "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}},
        ),
        check_rest=is_retrieved,
        check_mcp=lambda answer: answer.data["result"]["protocolVersion"] == MCP_VERSION,
        aim=0.3,
    ),
    Operation(
        "server/discover : retrieve",
        rest=retrieve,
        mcp=discover,
        check_rest=is_retrieved,
        check_mcp=lambda answer: STATELESS_VERSION in answer.data["result"]["supportedVersions"],
        aim=0.3,
    ),
    Operation(
        "create",
        rest=lambda: Message("POST", PRODUCTS, new_product()),
        mcp=lambda: tool("create_project_product", new_product()),
        check_rest=lambda answer: answer.status == 201 and is_created(answer.data),
        check_mcp=lambda answer: is_created(structured(answer)),
    ),
]

"""Every node of a subtree as another client sees it: one JSON line each, sorted by path.

In: hosts, root, then credentials as scheme:credential. Out: path relative to the root, length and SHA-256 of the
data (null for null), ACL, whether it is ephemeral, number of children. Pipelined: get, get_acls and get_children of a
window of nodes are under way at a time.
"""

import hashlib
import json
import sys
from collections import deque

from kazoo.client import KazooClient

WINDOW = 300


def line_of(root, path, data, stat, acls):
    relative = path[len(root) if root != "/" else 0:].lstrip("/") if path != root else ""
    return relative, json.dumps({
        "path": relative,
        "length": None if data is None else len(data),
        "sha256": None if data is None else hashlib.sha256(data).hexdigest(),
        "acl": [[acl.perms, acl.id.scheme, acl.id.id] for acl in acls],
        "ephemeral": stat.ephemeralOwner != 0,
        "children": stat.numChildren,
    }, ensure_ascii=False, sort_keys=True)


def main(hosts, root, *auth):
    zk = KazooClient(hosts=hosts, timeout=30, auth_data=[tuple(item.split(":", 1)) for item in auth] or None)
    zk.start(timeout=30)
    out = []
    waiting = deque([root])
    asked = deque()
    while waiting or asked:
        while waiting and len(asked) < WINDOW:
            path = waiting.popleft()
            asked.append((path, zk.get_async(path), zk.get_acls_async(path), zk.get_children_async(path)))
        path, got, acls, children = asked.popleft()
        data, stat = got.get()
        out.append(line_of(root, path, data, stat, acls.get()[0]))
        if stat.numChildren > 0:
            waiting.extend("%s/%s" % ("" if path == "/" else path, name) for name in children.get()
                           if not (path == "/" and name == "zookeeper"))
    zk.stop()
    zk.close()
    for _, line in sorted(out):
        sys.stdout.write(line + "\n")


main(*sys.argv[1:])

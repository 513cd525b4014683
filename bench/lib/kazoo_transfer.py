"""What somebody would write who needs an export and an import by tonight, and knows that requests can be pipelined.

    kazoo_transfer.py export HOSTS ROOT FILE
    kazoo_transfer.py import FILE HOSTS ROOT

One JSON line for each node: path, data in base64, ACL. get, get_acls and get_children are asked for together, a window
of nodes is under way at a time.
"""

import base64
import json
import sys
from collections import deque

from kazoo.client import KazooClient
from kazoo.security import ACL, Id

WINDOW = 500


def start(hosts):
    zk = KazooClient(hosts=hosts, timeout=30)
    zk.start(timeout=30)
    return zk


def export(hosts, root, name):
    zk = start(hosts)
    waiting = deque([root])
    asked = deque()
    with open(name, "w", encoding="utf-8") as out:
        while waiting or asked:
            while waiting and len(asked) < WINDOW:
                path = waiting.popleft()
                asked.append((path, zk.get_async(path), zk.get_acls_async(path), zk.get_children_async(path)))
            path, got, acls, children = asked.popleft()
            data, _ = got.get()
            out.write(json.dumps({
                "path": path[len(root):],
                "data": None if data is None else base64.b64encode(data).decode("ascii"),
                "acl": [[acl.perms, acl.id.scheme, acl.id.id] for acl in acls.get()[0]],
            }) + "\n")
            waiting.extend(path + "/" + name for name in children.get())
    zk.stop()
    zk.close()


def import_(name, hosts, root):
    zk = start(hosts)
    asked = deque()
    with open(name, encoding="utf-8") as lines:
        for line in lines:
            node = json.loads(line)
            data = None if node["data"] is None else base64.b64decode(node["data"])
            acl = [ACL(perms, Id(scheme, id)) for perms, scheme, id in node["acl"]]
            asked.append(zk.create_async(root + node["path"], data, acl))
            if len(asked) >= WINDOW:
                asked.popleft().get()
    while asked:
        asked.popleft().get()
    zk.stop()
    zk.close()


if sys.argv[1] == "export":
    export(*sys.argv[2:])
else:
    import_(*sys.argv[2:])

"""Continuous load on an ensemble, with a journal of everything that was asked and answered.

Executed within kazoo_driver.py, where it leaves `Load` behind. Several clients, each in a thread of its own, create,
set with versions, delete, number, bundle and watch nodes without a retry: what was acknowledged must be there in the
end, what was refused must not, and what was interrupted (no answer) may be either, but nothing else. `problems`
lists every breach. Reads on the way are held to the order of versions within one session, whichever server answers.
"""

import threading
import time
import traceback

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadVersionError, ConnectionClosedError, ConnectionLoss, NodeExistsError, NoNodeError, OperationTimeoutError,
    SessionExpiredError,
)
from kazoo.handlers.threading import KazooTimeoutError

NO_ANSWER = (ConnectionLoss, ConnectionClosedError, OperationTimeoutError, SessionExpiredError, KazooTimeoutError)
ANSWER_SECONDS = 30
ROOT = '/load'
# A breath, so that members which restart on a busy machine get their turn.
PAUSE_SECONDS = 0.004


class Worker(object):
    """One client: its own nodes, the nodes it shares with others, and its journal."""

    def __init__(self, load, number, hosts, timeout):
        self.load, self.number = load, number
        self.home = '%s/w%d' % (ROOT, number)
        self.journal = {}       # path -> (data or None when deleted, or () of those it may be)
        self.unsure = {}        # path -> outcomes it may have as well
        self.numbered = {}      # acknowledged sequential path -> data
        self.numbered_unsure = set()
        self.shared = []        # versions of the shared node that this client's sets made
        self.shared_unsure = 0
        self.lost = 0
        self.answered = self.interrupted = 0
        self.own = (0, b'0')         # version and data of the own counter, as last heard
        self.counter = {self.own}    # what it may be
        self.seen = {}          # (session, path) -> newest mzxid read
        self.watched, self.newest = 0, -1
        self.problems = []
        self.pair = {b'0'}
        self.client = KazooClient(hosts=hosts, timeout=timeout, randomize_hosts=True)
        self.client.add_listener(self.on_state)
        self.client.start(60)
        self.thread = threading.Thread(target=self.work)
        self.thread.daemon = True

    def on_state(self, state):
        if state == KazooState.LOST and not self.load.over:
            self.lost += 1
            # Another session may begin at a server that is behind the one before.
            self.newest = -1

    def ask(self, handle):
        """The answer, or None when the connection was gone before it came."""
        try:
            answer = handle.get(ANSWER_SECONDS)
            self.answered += 1
            return True, answer
        except NO_ANSWER:
            self.interrupted += 1
            return False, None

    def work(self):
        try:
            self.begin()
            turn = 0
            while not self.load.over:
                turn += 1
                self.one_turn(turn)
                time.sleep(PAUSE_SECONDS)
        except Exception:  # a thread has nobody else to tell
            if not self.load.over:
                self.problems.append('client %d stopped: %s' % (self.number, traceback.format_exc()))

    def begin(self):
        ephemeral = '%s/ephemeral' % self.home
        for path, options in ((self.home, {}), (self.home + '/counter', {}), (self.home + '/a', {}),
                              (self.home + '/b', {}), (self.home + '/c', {}), (ephemeral, {'ephemeral': True})):
            self.client.retry(self.client.create, path, b'0', **options)
        self.watch()

    def one_turn(self, turn):
        text = b'%d.%d' % (self.number, turn)
        self.create(turn, text)
        self.set_own(turn)
        self.set_shared(text)
        if turn % 2 == 0:
            self.number_one(text)
        if turn % 3 == 0:
            self.bundle(text)
        if turn % 5 == 0:
            self.come_and_go(turn)
        self.look(self.home + '/counter')
        self.look(ROOT + '/shared')

    def create(self, turn, text):
        path = '%s/c/n%06d' % (self.home, turn)
        try:
            done, _ = self.ask(self.client.create_async(path, text))
        except NodeExistsError:
            self.problems.append('%s was there before it was made' % path)
            return
        if done:
            self.journal[path] = text
        else:
            self.unsure[path] = {text, None}
        if done and turn % 4 == 0:
            self.delete(path, text)

    def delete(self, path, text):
        done, _ = self.ask(self.client.delete_async(path, version=0))
        self.journal.pop(path)
        if done:
            self.journal[path] = None
        else:
            self.unsure[path] = {text, None}

    def set_own(self, turn):
        """Nobody else sets this node: each set that is acknowledged adds one to the version it was asked with."""
        version, before = self.own
        text = b'%d' % turn
        self.counter = {(version, before), (version + 1, text)}
        try:
            done, stat = self.ask(self.client.set_async(self.home + '/counter', text, version=version))
        except BadVersionError:
            self.problems.append('client %d: version %d of its counter is not there' % (self.number, version))
            self.load.over = True
            return
        if done:
            if stat.version != version + 1:
                self.problems.append('client %d: set version %d gave %d' % (self.number, version, stat.version))
            self.own = (stat.version, text)
            self.counter = {self.own}
            return
        while not self.load.over:
            read, answer = self.ask_all(self.home + '/counter')
            if not read:
                continue
            data, stat = answer
            if (stat.version, data) not in self.counter:
                self.problems.append('client %d: its counter is %r at version %d, of %r' % (self.number, data, stat.version, self.counter))
            self.own = (stat.version, data)
            self.counter = {self.own}
            return

    def ask_all(self, path):
        """Reads behind a sync. A set without an answer can still arrive as long as its session lives elsewhere; a
        connection's requests end with it, and the sync comes behind them in the leader's order."""
        synced, _ = self.ask(self.client.sync_async(path))
        return self.ask(self.client.get_async(path)) if synced else (False, None)

    def set_shared(self, text):
        """All clients set this node, each at the version it has just read."""
        read, answer = self.ask(self.client.get_async(ROOT + '/shared'))
        if not read:
            return
        try:
            done, stat = self.ask(self.client.set_async(ROOT + '/shared', text, version=answer[1].version))
        except BadVersionError:
            return
        if done:
            self.shared.append(stat.version)
        else:
            self.shared_unsure += 1

    def number_one(self, text):
        done, path = self.ask(self.client.create_async(ROOT + '/numbered/n-', text, sequence=True))
        if done:
            self.numbered[path] = text
        else:
            self.numbered_unsure.add(text)

    def bundle(self, text):
        """Both or neither: the two nodes are always equal."""
        bundle = self.client.transaction()
        bundle.check(self.home + '/c', 0)
        bundle.set_data(self.home + '/a', text)
        bundle.set_data(self.home + '/b', text)
        done, answers = self.ask(bundle.commit_async())
        failed = [answer for answer in answers or () if isinstance(answer, Exception)]
        if failed:
            self.problems.append('client %d: a multi failed: %r' % (self.number, failed))
        self.pair = {text} if done else self.pair | {text}

    def come_and_go(self, turn):
        """A multi that is refused as a whole leaves nothing behind, and uses up a zxid."""
        path = '%s/never%d' % (self.home, turn)
        bundle = self.client.transaction()
        bundle.create(path, b'')
        bundle.check(self.home, 7)
        done, answers = self.ask(bundle.commit_async())
        if done and not all(isinstance(answer, Exception) for answer in answers):
            self.problems.append('a multi with a wrong check was carried out: %r' % (answers,))
        self.journal[path] = None

    def look(self, path):
        """One session never sees a node go back, whichever server it is connected to."""
        session = session_of(self.client)
        read, answer = self.ask(self.client.get_async(path))
        if not read or session_of(self.client) != session:
            return
        before = self.seen.get((session, path), 0)
        if answer[1].mzxid < before:
            self.problems.append('client %d read %s of 0x%x after that of 0x%x' % (self.number, path, answer[1].mzxid, before))
        self.seen[(session, path)] = answer[1].mzxid

    def watch(self):
        """Follows the next client's counter by watches alone, as a DataWatch does."""
        neighbour = '%s/w%d/counter' % (ROOT, (self.number + 1) % self.load.size)

        @self.client.DataWatch(neighbour)
        def changed(_data, stat, _event=None):
            if stat is None:
                return
            self.watched += 1
            if stat.version < self.newest:
                self.problems.append('client %d saw version %d of %s after %d' % (self.number, stat.version, neighbour, self.newest))
            self.newest = max(self.newest, stat.version)


class Load(object):
    """Several clients at once."""

    def __init__(self, hosts, size=4, timeout=30.0):
        self.size, self.over, self.hosts = size, False, hosts
        client = KazooClient(hosts=hosts)
        client.start(60)
        for path in (ROOT, ROOT + '/numbered', ROOT + '/shared'):
            client.create(path, b'')
        client.stop()
        client.close()
        self.workers = [Worker(self, number, hosts, timeout) for number in range(size)]
        for worker in self.workers:
            worker.thread.start()

    def answered(self):
        """How many requests had an answer, by client."""
        return [worker.answered for worker in self.workers]

    def found(self):
        return [problem for worker in self.workers for problem in worker.problems]

    def stop(self):
        """Ends the work. The sessions stay open."""
        self.over = True
        for worker in self.workers:
            worker.thread.join(90)
            if worker.thread.is_alive():
                worker.problems.append('client %d hangs' % worker.number)

    def compare(self):
        """What is there beside what was said, once the work has ended."""
        reader = KazooClient(hosts=self.hosts)
        reader.start(60)
        try:
            reader.sync(ROOT)
            found = self.found() + [problem for worker in self.workers for problem in check_worker(reader, worker)]
            found += self.check_numbered(reader) + self.check_shared(reader) + self.check_watches(reader)
        finally:
            reader.stop()
            reader.close()
        return {
            'problems': found,
            'answered': sum(self.answered()),
            'interrupted': sum(worker.interrupted for worker in self.workers),
            'lost': sum(worker.lost for worker in self.workers),
            'watched': sum(worker.watched for worker in self.workers),
        }

    def check_numbered(self, reader):
        said = [item for worker in self.workers for item in worker.numbered.items()]
        maybe = set().union(*(worker.numbered_unsure for worker in self.workers))
        here = {path: reader.get(path)[0] for path in ('%s/numbered/%s' % (ROOT, name) for name in reader.get_children(ROOT + '/numbered'))}
        found = []
        if len(dict(said)) != len(said):
            found.append('two sequential nodes had the same number')
        found += ['%s was acknowledged with %r and is %r' % (path, text, here.get(path)) for path, text in said if here.get(path) != text]
        others = [text for path, text in here.items() if path not in dict(said)]
        found += ['%r is there, but nobody waits to hear of it' % text for text in others if text not in maybe]
        if len(set(others)) != len(others):
            found.append('one request made two sequential nodes')
        return found

    def check_shared(self, reader):
        versions = [version for worker in self.workers for version in worker.shared]
        unsure = sum(worker.shared_unsure for worker in self.workers)
        version = reader.get(ROOT + '/shared')[1].version
        found = []
        if len(set(versions)) != len(versions):
            found.append('two sets at the same version of the shared node were acknowledged')
        if not len(versions) <= version <= len(versions) + unsure:
            found.append('the shared node has version %d after %d sets, and %d without an answer' % (version, len(versions), unsure))
        return found

    def check_watches(self, reader):
        """The last change of each counter reaches the client that watches it."""
        found = []
        for worker in self.workers:
            wanted = reader.get('%s/w%d/counter' % (ROOT, (worker.number + 1) % self.size))[1].version
            deadline = time.time() + 20
            while worker.newest < wanted and time.time() < deadline:
                time.sleep(0.05)
            if worker.newest != wanted:
                found.append('client %d saw version %d of a counter that is at %d' % (worker.number, worker.newest, wanted))
        return found

    def check_ephemerals(self):
        """The nodes of sessions that live are theirs. Returns problems; then `close` and `left` see them gone."""
        found = []
        for worker in self.workers:
            if worker.lost > 0:
                continue
            stat = worker.client.exists(worker.home + '/ephemeral')
            if stat is None or stat.ephemeralOwner != session_of(worker.client):
                found.append('client %d lives, and its ephemeral node is %r' % (worker.number, stat))
        return found

    def close(self):
        """Closes every session, and removes what they made. Returns the ephemeral nodes that were left."""
        for worker in self.workers:
            worker.client.stop()
            worker.client.close()
        reader = KazooClient(hosts=self.hosts)
        reader.start(60)
        try:
            reader.sync(ROOT)
            left = [worker.home for worker in self.workers if worker.lost == 0 and reader.exists(worker.home + '/ephemeral')]
            reader.delete(ROOT, recursive=True)
            return left
        finally:
            reader.stop()
            reader.close()


def check_worker(reader, worker):
    found = []
    # Only what came last of each path counts; a path that was never answered may be either.
    for path, text in worker.journal.items():
        here = data_of(reader, path)
        if here != text:
            found.append('%s was acknowledged as %r and is %r' % (path, text, here))
    for path, possible in worker.unsure.items():
        if path not in worker.journal and data_of(reader, path) not in possible:
            found.append('%s is %r' % (path, data_of(reader, path)))
    known = set(worker.journal) | set(worker.unsure)
    for name in reader.get_children(worker.home + '/c'):
        if '%s/c/%s' % (worker.home, name) not in known:
            found.append('%s/c/%s was never asked for' % (worker.home, name))
    a, b = (reader.get(worker.home + '/' + name)[0] for name in 'ab')
    if a != b or a not in worker.pair:
        found.append('client %d: a multi left %r and %r, of %r' % (worker.number, a, b, worker.pair))
    # The last set may be one that was never answered, or read back.
    data, stat = reader.get(worker.home + '/counter')
    if (stat.version, data) not in worker.counter:
        found.append('client %d: its counter is %r at %d, of %r' % (worker.number, data, stat.version, worker.counter))
    return found


def session_of(client):
    # Its public property is None while the client is between two servers.
    return client._session_id


def data_of(reader, path):
    try:
        return reader.get(path)[0]
    except NoNodeError:
        return None

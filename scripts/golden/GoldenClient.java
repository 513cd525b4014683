import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Drives Apache's own Java client through a recording proxy, one step at a time: prints a step's label, waits for a
 * line on stdin, does the step. Run by scripts/capture-golden.mjs as a single-file source program.
 */
public final class GoldenClient {
    private interface Action {
        void run() throws Exception;
    }

    private static final BufferedReader INPUT = new BufferedReader(new InputStreamReader(System.in));
    private static volatile CountDownLatch connected = new CountDownLatch(1);

    public static void main(String[] arguments) throws Exception {
        ZooKeeper[] handle = new ZooKeeper[1];
        step("java: connect", () -> {
            handle[0] = new ZooKeeper(arguments[0], 30000, GoldenClient::onEvent, false);
            connected.await(20, TimeUnit.SECONDS);
            Thread.sleep(300); // SASL goes on by itself
        });
        ZooKeeper zk = handle[0];
        if (arguments.length > 1 && arguments[1].equals("sasl")) {
            step("java: create with the sasl id", () -> zk.create("/sasl", bytes("s"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
            step("java: whoAmI with the sasl id", () -> zk.whoAmI());
        } else {
            operations(zk);
            multis(zk);
            watches(zk);
        }
        step("java: close", zk::close);
        System.exit(0);
    }

    private static void operations(ZooKeeper zk) throws Exception {
        step("java: addAuthInfo", () -> zk.addAuthInfo("digest", bytes("bob:bobsecret")));
        step("java: create", () -> zk.create("/java", bytes("j"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        step("java: create with stat", () -> zk.create("/java/two", bytes("2"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, new Stat()));
        step("java: create ephemeral sequential with stat", () -> zk.create("/java/es-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL, new Stat()));
        step("java: create container", () -> zk.create("/java/container", bytes("c"), Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER));
        step("java: create with ttl", () -> zk.create("/java/ttl", bytes("t"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 86400000L));
        step("java: create sequential with ttl", () -> zk.create("/java/ttl-", bytes("t"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, new Stat(), 86400000L));
        step("java: create for the creator alone", () -> zk.create("/java/mine", bytes("m"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
        step("java: exists", () -> zk.exists("/java", false));
        step("java: getData", () -> zk.getData("/java", false, new Stat()));
        step("java: setData", () -> zk.setData("/java", bytes("k"), 0));
        step("java: getACL", () -> zk.getACL("/java/mine", new Stat()));
        step("java: setACL", () -> zk.setACL("/java/two", Ids.READ_ACL_UNSAFE, 0));
        step("java: getChildren", () -> zk.getChildren("/java", false));
        step("java: getChildren with stat", () -> zk.getChildren("/java", false, new Stat()));
        step("java: getAllChildrenNumber", () -> zk.getAllChildrenNumber("/java"));
        step("java: getEphemerals", () -> zk.getEphemerals("/java"));
        step("java: whoAmI", () -> zk.whoAmI());
        step("java: getConfig", () -> zk.getConfig(false, new Stat()));
        step("java: sync", () -> zk.sync("/java", (code, path, context) -> { }, null));
        step("java: delete", () -> zk.delete("/java/two", -1));
        step("java: delete NoNode", () -> zk.delete("/java/two", -1));
    }

    private static void multis(ZooKeeper zk) throws Exception {
        step("java: multi", () -> zk.multi(Arrays.asList(
            Op.create("/java/m", bytes("m"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.create("/java/m/c", bytes("c"), Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER),
            Op.create("/java/m/t", bytes("t"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, 86400000L),
            Op.setData("/java/m", bytes("n"), 0),
            Op.check("/java/m", 1),
            Op.delete("/java/m/c", -1))));
        step("java: multi failed", () -> zk.multi(Arrays.asList(
            Op.create("/java/never", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.delete("/java/missing", -1),
            Op.setData("/java/m", bytes("o"), -1))));
        step("java: multiRead", () -> zk.multi(List.of(
            Op.getData("/java/m"), Op.getChildren("/java"), Op.getData("/java/missing"))));
    }

    private static void watches(ZooKeeper zk) throws Exception {
        Watcher first = event -> { };
        Watcher second = event -> { };
        step("java: getData with watch", () -> zk.getData("/java/m", first, new Stat()));
        step("java: getData with a second watcher", () -> zk.getData("/java/m", second, new Stat()));
        step("java: exists with watch, missing", () -> zk.exists("/java/later", first));
        step("java: getChildren with watch", () -> zk.getChildren("/java/m", first));
        step("java: removeWatches of one of two", () -> zk.removeWatches("/java/m", second, Watcher.WatcherType.Data, false));
        step("java: setData fires the watch", () -> zk.setData("/java/m", bytes("p"), -1));
        step("java: getData with watch again", () -> zk.getData("/java/m", first, new Stat()));
        reconnect("java: reconnect with one-shot watches");
        step("java: removeWatches", () -> zk.removeWatches("/java/m", first, Watcher.WatcherType.Data, false));
        step("java: removeAllWatches", () -> zk.removeAllWatches("/java/m", Watcher.WatcherType.Any, false));
        step("java: addWatch persistent", () -> zk.addWatch("/java/m", first, AddWatchMode.PERSISTENT));
        step("java: addWatch recursive", () -> zk.addWatch("/java", second, AddWatchMode.PERSISTENT_RECURSIVE));
        step("java: create fires persistent watches", () -> zk.create("/java/m/new", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        reconnect("java: reconnect with persistent watches");
        step("java: removeWatches persistent", () -> zk.removeWatches("/java/m", first, Watcher.WatcherType.Any, false));
    }

    private static void reconnect(String label) throws Exception {
        connected = new CountDownLatch(1);
        step("!cut " + label, () -> connected.await(20, TimeUnit.SECONDS));
    }

    private static void onEvent(org.apache.zookeeper.WatchedEvent event) {
        if (event.getState() == Watcher.Event.KeeperState.SyncConnected && event.getType() == Watcher.Event.EventType.None) {
            connected.countDown();
        }
    }

    private static void step(String label, Action action) throws Exception {
        System.out.println(label);
        INPUT.readLine();
        try {
            action.run();
        } catch (KeeperException expected) {
            System.err.println(label + ": " + expected.getMessage());
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

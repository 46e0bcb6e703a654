import java.util.Properties;
import org.apache.solr.embedded.JettyConfig;
import org.apache.solr.embedded.JettySolrRunner;

/** Solr over HTTP on 127.0.0.1, run from source: java -cp JARS Solr.java HOME PORT. */
class Solr {
    public static void main(String[] args) throws Exception {
        var port = Integer.parseInt(args[1]);
        new JettySolrRunner(args[0], new Properties(), JettyConfig.builder().setContext("/solr").setPort(port).stopAtShutdown(true).build()).start();
        Thread.currentThread().join();
    }
}

import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.DocumentContext;
import com.jayway.jsonpath.JsonPath;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.lang.StringEscapeUtils;
import org.apache.velocity.Template;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.runtime.RuntimeInstance;

/**
 * Renders a template with Apache Velocity 1.7 and Jayway's JsonPath: the opponent of the benchmark.
 *
 * <p>Arguments: template, body, file for the rendering, rounds, renderings in a round, renderings before the first
 * round. Prints the nanoseconds of one rendering, a line for each round.
 */
public final class Velocity {
    private static final Configuration JSON = Configuration.defaultConfiguration();
    private static final Map<String, JsonPath> PATHS = new HashMap<>();

    /** {@code $input}; the body is read once in each rendering, paths are compiled once. */
    public static final class Input {
        private final String body;
        private final Map<String, String> params;
        private Object document;

        Input(String body, Map<String, String> params) {
            this.body = body;
            this.params = params;
        }

        public Object path(String path) {
            if (document == null) {
                document = JSON.jsonProvider().parse(body);
            }
            return PATHS.computeIfAbsent(path, JsonPath::compile).read(document, JSON);
        }

        public String json(String path) {
            return JSON.jsonProvider().toJson(path(path));
        }

        public String params(String name) {
            return params.get(name);
        }
    }

    /** {@code $util}. */
    public static final class Util {
        public String escapeJavaScript(String text) {
            return StringEscapeUtils.escapeJavaScript(text);
        }
    }

    private final Template template = new Template();
    private final String body;
    private final Util util = new Util();
    private int length = 1024;

    private Velocity(String source, String body) throws Exception {
        RuntimeInstance runtime = new RuntimeInstance();
        runtime.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
        runtime.init();
        template.setRuntimeServices(runtime);
        template.setData(runtime.parse(new StringReader(source), "template"));
        template.initDocument();
        this.body = body;
    }

    /** What a gateway would do for each request. */
    private String render() throws IOException {
        Map<String, String> params = new HashMap<>();
        params.put("tenant", "acme");
        params.put("x-trace", "Root=1-65920080-abcdef012345678912345678");
        Map<String, String> context = new HashMap<>();
        context.put("requestId", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
        context.put("stage", "prod");
        Map<String, String> stageVariables = new HashMap<>();
        stageVariables.put("table", "orders");
        VelocityContext values = new VelocityContext();
        values.put("input", new Input(body, params));
        values.put("context", context);
        values.put("stageVariables", stageVariables);
        values.put("util", util);
        StringWriter out = new StringWriter(length);
        template.merge(values, out);
        String text = out.toString();
        length = text.length();
        return text;
    }

    private static String read(String path) throws IOException {
        return new String(Files.readAllBytes(Paths.get(path)), StandardCharsets.UTF_8);
    }

    public static void main(String[] arguments) throws Exception {
        Velocity velocity = new Velocity(read(arguments[0]), read(arguments[1]));
        Files.write(Paths.get(arguments[2]), velocity.render().getBytes(StandardCharsets.UTF_8));
        int rounds = Integer.parseInt(arguments[3]);
        int renderings = Integer.parseInt(arguments[4]);
        long letters = 0;
        for (int warm = Integer.parseInt(arguments[5]); warm > 0; warm--) {
            letters += velocity.render().length();
        }
        for (int round = 0; round < rounds; round++) {
            long begin = System.nanoTime();
            for (int rendering = 0; rendering < renderings; rendering++) {
                letters += velocity.render().length();
            }
            System.out.println((System.nanoTime() - begin) / renderings);
        }
        System.err.println(letters + " letters in all");
    }
}

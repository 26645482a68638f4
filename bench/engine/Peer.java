import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Node;

/**
 * Verifies documents with the JDK's XML signatures, as often as it is told to.
 *
 * <p>Each line of standard input is "times TAB certificate file TAB document file"; the answer is one
 * line: "verified", "refused", or "failed" with a reason. Documents and keys are read from their files
 * once; each verification parses the bytes afresh. Whoever asks takes the time.
 */
public final class Peer {
    private final DocumentBuilder builder;
    private final XMLSignatureFactory signatures = XMLSignatureFactory.getInstance("DOM");
    private final Map<String, PublicKey> keys = new HashMap<>();
    private String path = "";
    private byte[] document;

    private Peer() throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        // A document with a DTD is refused, as the gateway does.
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        // Every node is visited, so that to put off its making costs more than it saves.
        factory.setFeature("http://apache.org/xml/features/dom/defer-node-expansion", false);
        builder = factory.newDocumentBuilder();
    }

    public static void main(String[] args) throws Exception {
        Peer peer = new Peer();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        PrintStream out = System.out;
        for (String line; (line = in.readLine()) != null; ) {
            String[] words = line.split("\t");
            try {
                out.println(peer.answer(Integer.parseInt(words[0]), words[1], words[2]));
            } catch (Exception e) {
                out.println("failed " + e.toString().replace('\n', ' '));
            }
            out.flush();
        }
    }

    private String answer(int times, String certificate, String file) throws Exception {
        PublicKey key = key(certificate);
        // One at a time: the memory of the largest would burden the others.
        if (!path.equals(file)) {
            document = Files.readAllBytes(Path.of(file));
            path = file;
        }
        for (int i = 0; i < times; i++) {
            if (!verifies(key)) {
                return "refused";
            }
        }
        return "verified";
    }

    private boolean verifies(PublicKey key) throws Exception {
        Node root = builder.parse(new ByteArrayInputStream(document)).getDocumentElement();
        Node signature = root.getLastChild();
        while (!XMLSignature.XMLNS.equals(signature.getNamespaceURI()) || !"Signature".equals(signature.getLocalName())) {
            signature = signature.getPreviousSibling();
        }
        DOMValidateContext context = new DOMValidateContext(key, signature);
        // Its limits on form are others than the profile's; all else of it costs time only.
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.FALSE);
        return signatures.unmarshalXMLSignature(context).validate(context);
    }

    private PublicKey key(String certificate) throws Exception {
        PublicKey key = keys.get(certificate);
        if (key == null) {
            key = CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(Path.of(certificate)))).getPublicKey();
            keys.put(certificate, key);
        }
        return key;
    }
}

import com.sun.org.apache.xml.internal.security.c14n.Canonicalizer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import javax.xml.crypto.KeySelector;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.URIReferenceException;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;

import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/**
 * An oracle over the JDK: what it makes of documents and signatures.
 *
 * It reads framed requests on its standard input and writes framed answers, one for each
 * in their order, until the input ends. See ../../verifiertest/oracle/frame.go for the
 * frames. It opens nothing and fetches nothing.
 *
 * The JDK's canonicaliser is used as its XML signatures use it; the public way to it,
 * javax.xml.crypto, takes no single element, hence --add-exports:
 *
 *   java --add-exports java.xml.crypto/com.sun.org.apache.xml.internal.security=ALL-UNNAMED \
 *        --add-exports java.xml.crypto/com.sun.org.apache.xml.internal.security.c14n=ALL-UNNAMED Oracle.java
 */
public final class Oracle {
    private static final byte GOOD = 0, MALFORMED = 1, REFUSED = 2;
    private static final String DSIG = XMLSignature.XMLNS;
    private static final String[][] METHODS = {
        {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"},
        {"http://www.w3.org/2006/12/xml-c14n11", "http://www.w3.org/2006/12/xml-c14n11#WithComments"},
        {"http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"},
    };

    private final DocumentBuilder builder;
    private final XMLSignatureFactory signatures = XMLSignatureFactory.getInstance("DOM");
    private final Map<ByteBuffer, PublicKey> keys = new HashMap<>();

    private Oracle() throws Exception {
        com.sun.org.apache.xml.internal.security.Init.init();
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/dom/defer-node-expansion", false); // slower for small documents
        builder = factory.newDocumentBuilder();
        builder.setEntityResolver((publicId, systemId) -> new InputSource(new StringReader("")));
        builder.setErrorHandler(new Faults());
    }

    /** Faults throws what is fatal and says nothing. */
    private static final class Faults implements ErrorHandler {
        @Override
        public void warning(SAXParseException e) {}

        @Override
        public void error(SAXParseException e) {}

        @Override
        public void fatalError(SAXParseException e) throws SAXException {
            throw e;
        }
    }

    /** A refusal is an answer, not a fault. */
    private static final class Refusal extends Exception {
        final byte status;

        Refusal(byte status, String why) {
            super(why, null, false, false);
            this.status = status;
        }
    }

    private static byte[] block(ByteBuffer request) {
        byte[] data = new byte[request.getInt()];
        request.get(data);
        return data;
    }

    private static String text(ByteBuffer request) {
        return new String(block(request), StandardCharsets.UTF_8);
    }

    private Document parse(byte[] data) throws Refusal {
        try {
            return builder.parse(new ByteArrayInputStream(data));
        } catch (SAXException | IOException | RuntimeException e) {
            throw new Refusal(MALFORMED, e.toString());
        }
    }

    private static Element signature(Document doc) {
        return (Element) doc.getElementsByTagNameNS(DSIG, "Signature").item(0);
    }

    private static Node apex(Document doc, String name) throws Refusal {
        if (name.isEmpty()) {
            return doc;
        }
        Element found = null;
        if (name.startsWith("#")) {
            markIds(doc, null);
            found = doc.getElementById(name.substring(1));
        } else if (signature(doc) != null) {
            found = child(signature(doc), name);
        }
        if (found == null) {
            throw new Refusal(REFUSED, "there is no " + name);
        }
        return found;
    }

    /** child returns the first child of that name in the namespace of XML Signature. */
    private static Element child(Element parent, String name) {
        for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element && DSIG.equals(n.getNamespaceURI()) && name.equals(n.getLocalName())) {
                return (Element) n;
            }
        }
        return null;
    }

    /** markIds makes Ids of the attributes that are so by custom, without a DTD. */
    private static void markIds(Document doc, DOMValidateContext context) {
        for (Node n = doc.getDocumentElement(); n != null; n = following(n)) {
            if (!(n instanceof Element) || !n.hasAttributes()) {
                continue;
            }
            NamedNodeMap attributes = n.getAttributes();
            for (int i = 0; i < attributes.getLength(); i++) {
                Attr a = (Attr) attributes.item(i);
                String name = a.getName();
                boolean isId = name.equals("Id") || name.equals("ID") || name.equals("id");
                if (isId && !a.getValue().isEmpty()) { // setIdAttributeNS throws at an empty one
                    ((Element) n).setIdAttributeNode(a, true);
                    if (context != null) {
                        context.setIdAttributeNS((Element) n, null, name);
                    }
                }
            }
        }
    }

    /** following returns the next node in document order. */
    private static Node following(Node n) {
        if (n.getFirstChild() != null) {
            return n.getFirstChild();
        }
        while (n != null && n.getNextSibling() == null) {
            n = n.getParentNode();
        }
        return n == null ? null : n.getNextSibling();
    }

    private void canonicalize(ByteBuffer request, DataOutputStream out) throws Exception {
        int method = request.get();
        int comments = request.get();
        boolean unsigned = request.get() != 0;
        String prefixes = text(request);
        String name = text(request);
        Document doc = parse(block(request));
        Node apex = apex(doc, name);
        Element signature = unsigned ? signature(doc) : null;
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try {
            // The root itself may be the Signature.
            if (signature != null) {
                signature.getParentNode().removeChild(signature);
            }
            Canonicalizer canonicalizer = Canonicalizer.getInstance(METHODS[method][comments]);
            if (method == 2 && !prefixes.isEmpty()) {
                canonicalizer.canonicalizeSubtree(apex, prefixes, octets);
            } else {
                canonicalizer.canonicalizeSubtree(apex, octets);
            }
        } catch (Exception e) {
            throw new Refusal(REFUSED, e.toString());
        }
        out.writeByte(GOOD);
        octets.writeTo(out);
    }

    private PublicKey key(byte[] der) throws Exception {
        PublicKey known = keys.get(ByteBuffer.wrap(der));
        if (known != null) {
            return known;
        }
        PublicKey key;
        try {
            key = KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der));
        } catch (InvalidKeySpecException e) {
            key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(der));
        }
        keys.put(ByteBuffer.wrap(der), key);
        return key;
    }

    private void verify(ByteBuffer request, DataOutputStream out) throws Exception {
        PublicKey key = key(block(request));
        Document doc = parse(block(request));
        Element element = signature(doc);
        if (element == null) {
            throw new Refusal(REFUSED, "there is no Signature");
        }
        DOMValidateContext context = new DOMValidateContext(KeySelector.singletonKeySelector(key), element);
        // It would refuse SHA-1 and more than 30 references; nothing is fetched all the same.
        context.setProperty("org.jcp.xml.dsig.secureValidation", false);
        context.setProperty("javax.xml.crypto.dsig.cacheReference", true);
        markIds(doc, context);
        URIDereferencer usual = signatures.getURIDereferencer();
        context.setURIDereferencer((reference, c) -> {
            String uri = reference.getURI();
            if (uri != null && !uri.isEmpty() && !uri.startsWith("#")) {
                throw new URIReferenceException("nothing is fetched: " + uri);
            }
            return usual.dereference(reference, c);
        });
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try {
            XMLSignature signature = signatures.unmarshalXMLSignature(context);
            if (!signature.validate(context)) {
                throw new Refusal(REFUSED, "the signature does not hold");
            }
            DataOutputStream blocks = new DataOutputStream(answer);
            block(blocks, signature.getSignedInfo().getCanonicalizedData());
            for (Reference reference : references(signature)) {
                block(blocks, reference.getDigestInputStream());
            }
        } catch (Refusal e) {
            throw e;
        } catch (Exception e) {
            throw new Refusal(REFUSED, e + (e.getCause() == null ? "" : ": " + e.getCause()));
        }
        out.writeByte(GOOD);
        answer.writeTo(out);
    }

    private static List<Reference> references(XMLSignature signature) {
        return signature.getSignedInfo().getReferences();
    }

    private static void block(DataOutputStream out, InputStream octets) throws IOException {
        byte[] data = octets == null ? new byte[0] : octets.readAllBytes();
        out.writeInt(data.length);
        out.write(data);
    }

    private byte[] answer(ByteBuffer request) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        byte status;
        String why;
        try {
            switch (request.get()) {
                case 'c' -> canonicalize(request, out);
                case 'v' -> verify(request, out);
                case 'n' -> {
                    out.writeByte(GOOD);
                    out.write((System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version")).getBytes(StandardCharsets.UTF_8));
                }
                default -> throw new IllegalStateException("a request is unknown");
            }
            return bytes.toByteArray();
        } catch (Refusal e) {
            status = e.status;
            why = e.getMessage();
        } catch (Exception | StackOverflowError e) {
            status = REFUSED;
            why = "fault: " + e;
        }
        bytes.reset();
        out.writeByte(status);
        out.write(why.getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }

    public static void main(String[] args) throws Exception {
        Oracle oracle = new Oracle();
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
        while (true) {
            byte[] request;
            try {
                request = new byte[in.readInt()];
            } catch (EOFException e) {
                return;
            }
            in.readFully(request);
            byte[] answer = oracle.answer(ByteBuffer.wrap(request));
            out.writeInt(answer.length);
            out.write(answer);
            if (in.available() == 0) {
                out.flush();
            }
        }
    }
}

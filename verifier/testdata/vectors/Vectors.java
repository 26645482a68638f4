import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.xml.crypto.MarshalException;
import javax.xml.crypto.XMLStructure;
import javax.xml.crypto.dom.DOMStructure;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLObject;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.ExcC14NParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.w3c.dom.bootstrap.DOMImplementationRegistry;
import org.w3c.dom.ls.DOMImplementationLS;
import org.w3c.dom.ls.LSSerializer;
import org.xml.sax.InputSource;

/**
 * Vectors signs documents with xmlsec1 and with the JDK, puts the Signature element each
 * makes into the document's own text, so that its spelling stays as it is, has both verify
 * the outcome, and writes it down with the octets that both say they digested.
 *
 * <p>Usage: java Vectors.java KEYS OUT (see make-vectors.sh).
 */
public class Vectors {
    static final String DSIG = "http://www.w3.org/2000/09/xmldsig#";
    static final String MORE = "http://www.w3.org/2001/04/xmldsig-more#";
    static final String PSS = "http://www.w3.org/2007/05/xmldsig-more#";
    static final String C10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    static final String C11 = "http://www.w3.org/2006/12/xml-c14n11";
    static final String EXC = "http://www.w3.org/2001/10/xml-exc-c14n#";
    static final String SHA1 = DSIG + "sha1";
    static final String SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    static final String SHA384 = MORE + "sha384";
    static final String SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512";
    static final String ENVELOPED = DSIG + "enveloped-signature";
    static final String XADES = "http://uri.etsi.org/01903/v1.3.2#";
    static final String PLACE = "{signature}";

    /** A To is one Reference: what to, and through which transforms. */
    record To(String uri, String type, boolean enveloped, String transform) {}

    /** A Style is how a document is signed. The first Reference covers the document. */
    static class Style {
        String key = "rsa2048";
        String method = C10;
        String transform = "";
        List<String> prefixes = List.of();
        String digest = SHA256;
        String algorithm = MORE + "rsa-sha256";
        String prefix = "";
        String keyInfo = "";
        String uri = "";
        List<To> others = new ArrayList<>();
        String object = "";
        String signers = "xmlsec1 jdk";
        boolean alone; // the other tool is not asked
        String cpt = "VERIFIED";
        String interop = "VERIFIED";

        Style method(String uri) { method = uri; return this; }
        Style transform(String uri) { transform = uri; return this; }
        Style both(String uri) { return method(uri).transform(uri); }
        Style prefixes(String... list) { prefixes = List.of(list); return this; }
        Style digest(String uri) { digest = uri; return this; }
        Style algorithm(String uri) { algorithm = uri; return this; }
        Style key(String name) { key = name; return this; }
        Style prefix(String p) { prefix = p; return this; }
        Style keyInfo(String kind) { keyInfo = kind; return this; }
        Style uri(String u) { uri = u; return this; }
        Style also(String uri, String type, String transform) { others.add(new To(uri, type, false, transform)); return this; }
        Style object(String xml) { object = xml; return this; }
        Style by(String names) { signers = names; return this; }
        Style alone(boolean yes) { alone = yes; return this; }
        Style refused(String reason) { cpt = interop = reason; return this; }
        Style onlyInterop(String reason) { cpt = reason; interop = "VERIFIED"; return this; }

        List<To> references() {
            List<To> all = new ArrayList<>();
            all.add(new To(uri, "", true, transform));
            all.addAll(others);
            return all;
        }
    }

    /** A Signed is a document with its Signature, and what that covers. */
    record Covered(boolean valid, byte[] info, List<byte[]> references) {}

    final Path keys, out;
    final List<String> index = new ArrayList<>();

    Vectors(Path keys, Path out) {
        this.keys = keys;
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        Vectors v = new Vectors(Path.of(args[0]), Path.of(args[1]));
        v.everyDocument();
        v.everyForm();
        v.everyKeyInfo();
        v.everyPlace();
        v.refused();
        v.interop();
        v.index.sort(null);
        v.index.add(0, "# vector\tkey\tcpt\tinterop");
        Files.writeString(v.out.resolve("index.txt"), String.join("\n", v.index) + "\n");
        System.out.println(v.index.size() - 1 + " vectors");
    }

    // ---- what is signed ----

    static final String CUSTOMS = """
        <?xml version="1.0" encoding="UTF-8"?>
        <?route AA?>
        <Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1" xml:lang="zh-TW">
          <ID>AA  15A1200001</ID>
          <Agent><ID>A12</ID></Agent>
          <ds:Mode ds:code="1">2</ds:Mode>
          <Amount currency="TWD">mark-0</Amount>
          <Note>不鏽鋼 &amp; 螺絲</Note>
        {signature}
        </Declaration>
        """;

    static final String[][] DOCUMENTS = {
        {"minimal", "<a>{signature}</a>"},
        {"customs", CUSTOMS},
        {"namespaces", """
            <p:a xmlns:p="urn:p:1" xmlns="urn:d:1" xmlns:u="urn:u:1" xmlns:n="urn:d:1"><p:b xmlns:p="urn:p:2" xmlns=""><c p:x="1"/>\
            <d xmlns="urn:d:1" xmlns:p="urn:p:1"><p:e/><n:f xmlns:n="urn:d:1" n:g="1" g="2"/></d></p:b>{signature}<u:f t="p:T"/>\
            <u:g xmlns:u="urn:u:2"><u:h xmlns:u="urn:u:1"/></u:g></p:a>"""},
        {"undeclared", """
            <a xmlns="urn:d:1"><b xmlns=""><c xmlns="urn:d:1"/><d xmlns=""/></b><q:e xmlns:q="urn:q:1" xmlns=""><f/></q:e>{signature}</a>"""},
        {"attributes", """
            <a z="1" xmlns:b="urn:a:1" b:x="2" xmlns:a="urn:b:1" a:y="3" B="4" b="5" c="&#9;&#10;&lt;&quot;'&gt;>">{signature}\
            <d b:c="1" a:a="2" c="3" xmlns:e="urn:&#98;:1" e:d="4" xml:space="preserve" é="6" 中="7" 가="8"/></a>"""},
        {"line-ends", "<a\r\nb='1\r\n2\t3\r4\n5 &#13;&#xD;&#xA;&#x9;'>\r\n4&#13;\r5<![CDATA[6\r\n<>&]]>\r\n<?p q\r\nr\rs?>{signature}\r\n</a>\r\n"},
        {"references", "<a b='&#x4e2d;&amp;&gt;&#0065;&#x1F600;&apos;'>&#x6587;&quot;&apos;&gt;]]&gt;&#x0000041;\u0085\u2028&#x85;&#x2028;{signature}</a>"},
        {"cdata", "<a>1<![CDATA[2<3>&amp;]]>4<![CDATA[]]><![CDATA[]]]]><![CDATA[>]]><b/>{signature}<c><![CDATA[ ]]></c></a>"},
        {"instructions", "<?p   q  ?>\n\n<?r?>\n<a><?s  t u?>1<?v?>2{signature}</a>\n<?w x?>\n\n<?y?>\n"},
        {"comments", "<!--1-->\n<a><!--2--><b/>{signature}<!--3--><c/></a>\n<!--4-->\n"},
        {"xml-attributes", """
            <a xml:lang="zh" xml:space="preserve" xml:id="i" xml:base="http://h.example/x/y?z" xmlns:x="urn:x:1"><b xml:lang="en" xml:base="../q"/>{signature}</a>"""},
        {"characters", "\uFEFF<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<報單 專責='人  員'>e\u0301\u00e9 \uF900 \uFEFF 𠀀 \u007f\u0084 {signature}<注記·1/></報單>"},
    };

    static String document(String name) {
        for (String[] d : DOCUMENTS) {
            if (d[0].equals(name)) {
                return d[1];
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** Each document, in the forms that differ for whole documents. */
    void everyDocument() throws Exception {
        for (String[] d : DOCUMENTS) {
            vector(d[0] + "-c14n10", d[1], new Style());
            vector(d[0] + "-exc", d[1], new Style().both(EXC).prefix("s"));
        }
    }

    /** Each canonicalisation, digest and algorithm, on documents with much to get wrong. */
    void everyForm() throws Exception {
        for (String name : List.of("customs", "namespaces", "xml-attributes")) {
            String d = document(name);
            vector(name + "-c14n10-named", d, new Style().both(C10).prefix("ds"));
            vector(name + "-c14n11", d, new Style().both(C11));
            vector(name + "-exc-prefix-list", d, new Style().both(EXC).prefixes("p", "ds", "u", "#default"));
            vector(name + "-info-exc", d, new Style().method(EXC));
            vector(name + "-document-exc", d, new Style().transform(EXC));
            vector(name + "-info-c14n11-document-c14n10", d, new Style().method(C11).transform(C10));
        }
        vector("sha384", CUSTOMS, new Style().digest(SHA384).algorithm(MORE + "rsa-sha384"));
        vector("sha512", CUSTOMS, new Style().digest(SHA512).algorithm(MORE + "rsa-sha512"));
        vector("sha256-signed-by-sha512", CUSTOMS, new Style().algorithm(MORE + "rsa-sha512"));
        vector("rsa3072", CUSTOMS, new Style().key("rsa3072"));
        vector("rsa4096", CUSTOMS, new Style().key("rsa4096"));
        vector("rsa1024", CUSTOMS, new Style().key("rsa1024").refused("WEAK_ALGORITHM"));
    }

    /** Each way of naming the certificate. */
    void everyKeyInfo() throws Exception {
        for (String kind : List.of("certificate", "issuer-serial", "ski", "subject", "key-value", "key-name")) {
            vector("key-info-" + kind, CUSTOMS, new Style().keyInfo(kind));
        }
        vector("key-info-all", CUSTOMS, new Style().keyInfo("all").by("jdk")); // xmlsec1 leaves empty elements
    }

    /** The Signature where senders put it, and where no sender of customs' may. */
    void everyPlace() throws Exception {
        vector("place-first", "<a>{signature}\n <b>1</b>\n</a>", new Style());
        vector("place-middle", "<a>\n <b>1</b> {signature} <c>2</c>\n</a>", new Style());
        vector("place-behind-text", "<a>1{signature}</a>", new Style());
        vector("place-before-text", "<a>{signature}1</a>", new Style());
        vector("place-inside-text", "<a>1{signature}2</a>", new Style().refused("PROFILE_VIOLATION"));
        String deep = """
            <a xmlns:p="urn:p:1" xml:lang="zh" xml:base="http://h.example/x/y"><p:b xml:base="../z/" xml:space="default"><c xmlns="urn:d:1" xml:id="i">\
            <d/>{signature}</c></p:b></a>""";
        for (String method : List.of(C10, C11, EXC)) {
            Style style = new Style().both(method).onlyInterop("PROFILE_VIOLATION");
            vector("place-deep-" + shortName(method), deep.replace(" xml:base=\"../z/\"", ""), style);
            // The JDK takes the outermost xml:base, where both versions of Canonical XML, 2.4,
            // take the nearest or join them.
            vector("place-deep-two-bases-" + shortName(method), deep, style.by("xmlsec1").alone(!method.equals(EXC)));
        }
    }

    /** What a profile refuses though both tools accept it. */
    void refused() throws Exception {
        vector("document-type", "<!DOCTYPE a>\n<a>{signature}</a>", new Style().refused("FORBIDDEN_XML"));
        vector("xml-1.1", "<?xml version='1.1'?><a>{signature}</a>", new Style().by("jdk").alone(true).refused("FORBIDDEN_XML"));
        vector("nested", "<a><Signature xmlns='" + DSIG + "'/>{signature}</a>", new Style().by("jdk").alone(true).refused("AMBIGUOUS_SIGNATURE"));
        vector("comment-beside-text", CUSTOMS.replace("15A1200001", "15A12<!---->00001"), new Style().onlyInterop("PROFILE_VIOLATION"));
        vector("unsigned-object", CUSTOMS, new Style().object("<Object>not signed</Object>").onlyInterop("PROFILE_VIOLATION"));
    }

    /** Each kind that only the profile for other senders takes. */
    void interop() throws Exception {
        vector("interop-sha1", CUSTOMS, new Style().digest(SHA1).algorithm(DSIG + "rsa-sha1").onlyInterop("WEAK_ALGORITHM"));
        vector("interop-sha1-digest", CUSTOMS, new Style().digest(SHA1).onlyInterop("WEAK_ALGORITHM"));
        vector("interop-sha1-value", CUSTOMS, new Style().algorithm(DSIG + "rsa-sha1").onlyInterop("WEAK_ALGORITHM"));
        for (String method : List.of(C10 + "#WithComments", C11 + "#WithComments", EXC + "WithComments")) {
            vector("interop-" + shortName(method), document("comments"), new Style().both(method).onlyInterop("PROFILE_VIOLATION"));
        }
        for (String bits : List.of("256", "384", "512")) {
            vector("interop-pss-" + bits, CUSTOMS, new Style().algorithm(PSS + "sha" + bits + "-rsa-MGF1").by("jdk").alone(true).onlyInterop("PROFILE_VIOLATION"));
        }
        vector("interop-pss-3072", CUSTOMS, new Style().key("rsa3072").algorithm(PSS + "sha256-rsa-MGF1").by("jdk").alone(true).onlyInterop("PROFILE_VIOLATION"));
        for (String curve : List.of("256", "384", "521")) {
            String hash = curve.equals("521") ? "512" : curve;
            vector("interop-p" + curve, CUSTOMS, new Style().key("p" + curve).algorithm(MORE + "ecdsa-sha" + hash).onlyInterop("PROFILE_VIOLATION"));
            vector("interop-p" + curve + "-certificate", CUSTOMS,
                new Style().key("p" + curve).algorithm(MORE + "ecdsa-sha256").keyInfo("certificate").onlyInterop("PROFILE_VIOLATION"));
        }
        vector("interop-p256-sha1", CUSTOMS, new Style().key("p256").algorithm(MORE + "ecdsa-sha1").onlyInterop("PROFILE_VIOLATION"));
        byId();
        several();
    }

    void byId() throws Exception {
        String rooted = CUSTOMS.replace("<?route AA?>\n", "");
        for (String attribute : List.of("Id", "ID", "id", "xml:id")) {
            String d = rooted.replace(" xml:lang=", " " + attribute + "=\"d1\" xml:lang=");
            String name = "interop-by-" + attribute.replace(':', '-');
            vector(name, d, new Style().uri("#d1").onlyInterop("PROFILE_VIOLATION"));
            vector(name + "-exc", d, new Style().uri("#d1").both(EXC).onlyInterop("PROFILE_VIOLATION"));
        }
        String outside = CUSTOMS.replace(" xml:lang=", " Id=\"d1\" xml:lang=");
        vector("interop-by-Id-instruction-outside", outside, new Style().uri("#d1").refused("PROFILE_VIOLATION"));
        String inner = rooted.replace("<Agent>", "<Agent Id=\"d1\">");
        vector("interop-by-Id-of-a-part", inner, new Style().uri("#d1").by("").refused("PROFILE_VIOLATION"));
    }

    void several() throws Exception {
        String d = CUSTOMS.replace("<Agent>", "<Agent Id=\"d2\" mark=\"mark-1\">");
        for (String method : List.of(C10, C11, EXC)) {
            vector("interop-several-" + shortName(method), d, new Style().both(method).object("<Object Id=\"o1\">mark-2<x y=\"z\"/></Object>")
                .also("#d2", "", method).also("#o1", DSIG + "Object", "").onlyInterop("PROFILE_VIOLATION"));
        }
        vector("interop-object", CUSTOMS, new Style().object("<Object Id=\"o1\">mark-1</Object>")
            .also("#o1", DSIG + "Object", "").onlyInterop("PROFILE_VIOLATION"));
        vector("interop-properties", CUSTOMS, new Style()
            .object("<Object><SignatureProperties><SignatureProperty Id=\"p1\" Target=\"#s1\"><t xmlns=\"urn:t:1\">mark-1</t></SignatureProperty></SignatureProperties></Object>")
            .also("#p1", DSIG + "SignatureProperties", EXC).onlyInterop("PROFILE_VIOLATION"));
        String qualifying = "<Object><xades:QualifyingProperties xmlns:xades=\"" + XADES + "\" Target=\"#s1\"><xades:SignedProperties Id=\"p1\">"
            + "<xades:SignedSignatureProperties><xades:SigningTime>2026-03-02T09:00:00Z</xades:SigningTime><xades:SignerRole>"
            + "<xades:ClaimedRoles><xades:ClaimedRole>mark-1</xades:ClaimedRole></xades:ClaimedRoles></xades:SignerRole>"
            + "</xades:SignedSignatureProperties></xades:SignedProperties></xades:QualifyingProperties></Object>";
        for (String method : List.of(C10, EXC)) {
            vector("interop-xades-" + shortName(method), CUSTOMS, new Style().method(method).prefix("s").keyInfo("certificate").object(qualifying)
                .also("#p1", "http://uri.etsi.org/01903#SignedProperties", method).onlyInterop("PROFILE_VIOLATION"));
        }
        vector("interop-manifest", CUSTOMS, new Style().object("<Object><Manifest Id=\"m1\"><Reference URI=\"http://127.0.0.1:9/\"><DigestMethod Algorithm=\""
            + SHA256 + "\"/><DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</DigestValue></Reference></Manifest></Object>")
            .also("#m1", DSIG + "Manifest", "").by("jdk").alone(true).refused("PROFILE_VIOLATION"));
    }

    static String shortName(String uri) {
        String comments = uri.endsWith("WithComments") ? "-with-comments" : "";
        return (uri.startsWith(EXC) ? "exc" : uri.startsWith(C11) ? "c14n11" : "c14n10") + comments;
    }

    // ---- one vector ----

    void vector(String name, String text, Style style) throws Exception {
        if (text.indexOf(PLACE) < 0) {
            throw new IllegalArgumentException(name + " has no place for the Signature");
        }
        for (String signer : style.signers.split(" ")) {
            if (signer.isEmpty()) {
                continue;
            }
            String signature = signer.equals("jdk") ? signByJDK(text, style) : signByXmlsec(text, style);
            byte[] signed = text.replace(PLACE, signature).getBytes(StandardCharsets.UTF_8);
            Covered own = signer.equals("jdk") ? verifyByJDK(signed, style) : verifyByXmlsec(signed, style);
            Covered other = style.alone ? own : signer.equals("jdk") ? verifyByXmlsec(signed, style) : verifyByJDK(signed, style);
            check(name + " by " + signer + ": ", own, other);
            Path base = out.resolve(signer);
            Files.write(base.resolve(name + ".xml"), signed);
            Files.write(base.resolve(name + ".octets"), own.references().get(0));
            Files.write(base.resolve(name + ".info"), own.info());
            index.add(String.join("\t", signer + "/" + name, style.key, style.cpt, style.interop));
        }
    }

    /** Both must accept, having digested the same octets. */
    static void check(String what, Covered own, Covered other) {
        for (int i = 0; i < Math.min(own.references().size(), other.references().size()); i++) {
            if (!Arrays.equals(own.references().get(i), other.references().get(i))) {
                throw new IllegalStateException(what + "octets\n" + text(own.references().get(i)) + "\nelsewhere\n" + text(other.references().get(i)));
            }
        }
        if (!Arrays.equals(own.info(), other.info())) {
            throw new IllegalStateException(what + "SignedInfo\n" + text(own.info()) + "\nelsewhere\n" + text(other.info()));
        }
        if (!own.valid() || !other.valid()) {
            throw new IllegalStateException(what + "valid here " + own.valid() + ", elsewhere " + other.valid());
        }
    }

    static String text(byte[] b) {
        return b == null ? "nothing" : new String(b, StandardCharsets.UTF_8);
    }

    // ---- xmlsec1 ----

    /** The Signature that xmlsec1 makes of a template in the document. */
    String signByXmlsec(String text, Style style) throws Exception {
        byte[] template = text.replace(PLACE, template(style)).getBytes(StandardCharsets.UTF_8);
        Path file = Files.createTempFile(keys, "template", ".xml");
        Files.write(file, template);
        List<String> command = new ArrayList<>(List.of("xmlsec1", "--sign",
            "--privkey-pem:test", keys.resolve(style.key + ".key") + "," + keys.resolve(style.key + ".pem")));
        command.addAll(idAttributes(template));
        command.add(file.toString());
        String signed = text(run(command, false));
        String tag = style.prefix.isEmpty() ? "Signature" : style.prefix + ":Signature";
        int begin = signed.lastIndexOf("<" + tag + " ");
        String end = "</" + tag + ">";
        return signed.substring(begin, signed.lastIndexOf(end) + end.length());
    }

    static String template(Style style) {
        StringBuilder s = new StringBuilder("<Signature xmlns=\"" + DSIG + "\" Id=\"s1\">\n<SignedInfo>\n");
        s.append(method("CanonicalizationMethod", style.method, style.prefixes)).append("\n");
        s.append("<SignatureMethod Algorithm=\"" + style.algorithm + "\"/>\n");
        for (To to : style.references()) {
            s.append("<Reference URI=\"" + to.uri() + "\"" + (to.type().isEmpty() ? "" : " Type=\"" + to.type() + "\"") + ">");
            String transforms = (to.enveloped() ? "<Transform Algorithm=\"" + ENVELOPED + "\"/>" : "")
                + (to.transform().isEmpty() ? "" : method("Transform", to.transform(), style.prefixes));
            if (!transforms.isEmpty()) {
                s.append("<Transforms>" + transforms + "</Transforms>");
            }
            s.append("<DigestMethod Algorithm=\"" + style.digest + "\"/><DigestValue/></Reference>\n");
        }
        s.append("</SignedInfo>\n<SignatureValue/>");
        String x509 = switch (style.keyInfo) {
            case "certificate" -> "<X509Certificate/>";
            case "issuer-serial" -> "<X509IssuerSerial/>";
            case "ski" -> "<X509SKI/>";
            case "subject" -> "<X509SubjectName/>";
            case "all" -> "<X509SubjectName/><X509IssuerSerial/><X509SKI/><X509Certificate/>";
            default -> "";
        };
        String info = x509.isEmpty() ? "" : "<X509Data>" + x509 + "</X509Data>";
        info += style.keyInfo.equals("key-value") || style.keyInfo.equals("all") ? "<KeyValue/>" : "";
        info += style.keyInfo.equals("key-name") ? "<KeyName>test</KeyName>" : "";
        s.append(info.isEmpty() ? "" : "\n<KeyInfo>" + info + "</KeyInfo>").append(style.object).append("\n</Signature>");
        return prefixed(s.toString(), style.prefix);
    }

    static String method(String element, String uri, List<String> prefixes) {
        String list = prefixes.isEmpty() || !uri.startsWith(EXC) ? ""
            : "<ec:InclusiveNamespaces xmlns:ec=\"" + EXC + "\" PrefixList=\"" + String.join(" ", prefixes) + "\"/>";
        return "<" + element + " Algorithm=\"" + uri + "\">" + list + "</" + element + ">";
    }

    /** Puts a prefix on the elements that have none. */
    static String prefixed(String signature, String prefix) {
        return prefix.isEmpty() ? signature
            : signature.replace("xmlns=\"" + DSIG, "xmlns:" + prefix + "=\"" + DSIG).replaceAll("<(/?)(?![a-z]+:)(?=[A-Z])", "<$1" + prefix + ":");
    }

    Covered verifyByXmlsec(byte[] signed, Style style) throws Exception {
        Path file = Files.createTempFile(keys, "signed", ".xml");
        Files.write(file, signed);
        List<String> command = new ArrayList<>(List.of("xmlsec1", "--verify", "--store-references", "--store-signatures", "--print-debug",
            "--insecure", "--pubkey-cert-pem:test", keys.resolve(style.key + ".pem").toString()));
        command.addAll(idAttributes(signed));
        if (text(signed).contains("<Signature xmlns='")) { // of the nested vector, whose first is empty
            command.addAll(List.of("--node-id", "s1", "--id-attr:Id", DSIG + ":Signature"));
        }
        command.add(file.toString());
        byte[] report = run(command, true);
        boolean valid = text(report).contains("\nStatus: succeeded\n") || text(report).contains("== Status: succeeded");
        List<byte[]> info = between(report, "PreSigned");
        return new Covered(valid && info.size() == 1, info.isEmpty() ? null : info.get(0), between(report, "PreDigest"));
    }

    /** The buffers of that name in xmlsec1's report. */
    static List<byte[]> between(byte[] report, String name) {
        byte[] open = ("== " + name + " data - start buffer:\n").getBytes(StandardCharsets.UTF_8);
        byte[] end = ("\n== " + name + " data - end buffer\n").getBytes(StandardCharsets.UTF_8);
        List<byte[]> all = new ArrayList<>();
        for (int at = find(report, open, 0); at >= 0; at = find(report, open, at)) {
            at += open.length;
            all.add(Arrays.copyOfRange(report, at, find(report, end, at)));
        }
        return all;
    }

    static int find(byte[] in, byte[] what, int from) {
        for (int i = from; i + what.length <= in.length; i++) {
            if (Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
                return i;
            }
        }
        return -1;
    }

    static List<String> idAttributes(byte[] doc) throws Exception {
        Set<String> options = new LinkedHashSet<>();
        List<String> arguments = new ArrayList<>();
        for (org.w3c.dom.Attr a : ids(parse(doc))) {
            Element e = a.getOwnerElement();
            String name = (e.getNamespaceURI() == null ? "" : e.getNamespaceURI() + ":") + e.getLocalName();
            // libxml2 registers xml:id by itself.
            if (!DSIG.equals(e.getNamespaceURI()) && a.getNamespaceURI() == null && options.add(a.getName() + " " + name)) {
                arguments.addAll(List.of("--id-attr:" + a.getName(), name));
            }
        }
        return arguments;
    }

    static byte[] run(List<String> command, boolean anyway) throws Exception {
        Path complaint = Files.createTempFile("xmlsec1", ".err");
        Process p = new ProcessBuilder(command).redirectError(complaint.toFile()).start();
        byte[] output = p.getInputStream().readAllBytes();
        if (p.waitFor() != 0 && !anyway) {
            throw new IOException(String.join(" ", command) + ": exit " + p.exitValue() + "\n" + Files.readString(complaint));
        }
        return output;
    }

    // ---- the JDK ----

    static Document parse(byte[] doc) throws Exception {
        DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();
        f.setNamespaceAware(true);
        return f.newDocumentBuilder().parse(new ByteArrayInputStream(doc));
    }

    /** The attributes that are meant as Ids. */
    static List<org.w3c.dom.Attr> ids(Document doc) {
        List<org.w3c.dom.Attr> found = new ArrayList<>();
        NodeList all = doc.getElementsByTagNameNS("*", "*");
        for (int i = 0; i < all.getLength(); i++) {
            NamedNodeMap attributes = all.item(i).getAttributes();
            for (int j = 0; j < attributes.getLength(); j++) {
                if (Set.of("Id", "ID", "id", "xml:id").contains(attributes.item(j).getNodeName())) {
                    found.add((org.w3c.dom.Attr) attributes.item(j));
                }
            }
        }
        return found;
    }

    static void declareIds(Document doc) {
        for (org.w3c.dom.Attr a : ids(doc)) {
            a.getOwnerElement().setIdAttributeNode(a, true);
        }
    }

    /** The Signature that the JDK makes where the document has its place. */
    String signByJDK(String text, Style style) throws Exception {
        Document doc = parse(text.replace(PLACE, "<place-of-signature xmlns=''/>").getBytes(StandardCharsets.UTF_8));
        declareIds(doc);
        Node place = doc.getElementsByTagName("place-of-signature").item(0);
        Node parent = place.getParentNode(), next = place.getNextSibling();
        parent.removeChild(place);
        DOMSignContext context = next == null ? new DOMSignContext(privateKey(style.key), parent) : new DOMSignContext(privateKey(style.key), parent, next);
        context.setProperty("org.jcp.xml.dsig.secureValidation", false);
        if (!style.prefix.isEmpty()) {
            context.setDefaultNamespacePrefix(style.prefix);
        }
        XMLSignatureFactory f = XMLSignatureFactory.getInstance("DOM");
        List<Reference> references = new ArrayList<>();
        for (To to : style.references()) {
            references.add(reference(f, to, style));
        }
        SignedInfo info = f.newSignedInfo(f.newCanonicalizationMethod(style.method, (C14NMethodParameterSpec) parameters(style.method, style)),
            f.newSignatureMethod(style.algorithm, null), references);
        List<XMLObject> objects = style.object.isEmpty() ? List.of() : List.of(object(f, style, context));
        f.newXMLSignature(info, keyInfo(f.getKeyInfoFactory(), style), objects, "s1", null).sign(context);
        DOMImplementationLS ls = (DOMImplementationLS) DOMImplementationRegistry.newInstance().getDOMImplementation("LS");
        LSSerializer serializer = ls.createLSSerializer();
        serializer.getDomConfig().setParameter("xml-declaration", false);
        Node signature = next == null ? parent.getLastChild() : next.getPreviousSibling();
        return serializer.writeToString(signature);
    }

    static Reference reference(XMLSignatureFactory f, To to, Style style) throws Exception {
        List<Transform> transforms = new ArrayList<>();
        if (to.enveloped()) {
            transforms.add(f.newTransform(ENVELOPED, (TransformParameterSpec) null));
        }
        if (!to.transform().isEmpty()) {
            transforms.add(f.newTransform(to.transform(), parameters(to.transform(), style)));
        }
        return f.newReference(to.uri(), f.newDigestMethod(style.digest, null), transforms, to.type().isEmpty() ? null : to.type(), null);
    }

    static TransformParameterSpec parameters(String uri, Style style) {
        return style.prefixes.isEmpty() || !uri.startsWith(EXC) ? null : new ExcC14NParameterSpec(style.prefixes);
    }

    /** The Object of a style: its content is parsed, itself made by the JDK. */
    static XMLObject object(XMLSignatureFactory f, Style style, DOMSignContext context) throws Exception {
        String text = prefixed(style.object, style.prefix).replaceFirst("<([a-z]+:)?Object", "$0 xmlns" + (style.prefix.isEmpty() ? "" : ":" + style.prefix) + "=\"" + DSIG + "\"");
        Element parsed = parse(text.getBytes(StandardCharsets.UTF_8)).getDocumentElement();
        List<XMLStructure> content = new ArrayList<>();
        while (parsed.getFirstChild() != null) {
            // Of this very document, or else the JDK digests the original and writes a copy.
            Node n = context.getParent().getOwnerDocument().adoptNode(parsed.getFirstChild());
            if (n instanceof Element e) {
                NodeList inside = e.getElementsByTagNameNS("*", "*");
                setId(context, e);
                for (int i = 0; i < inside.getLength(); i++) {
                    setId(context, (Element) inside.item(i));
                }
            }
            content.add(new DOMStructure(n));
        }
        return f.newXMLObject(content, parsed.hasAttribute("Id") ? parsed.getAttribute("Id") : null, null, null);
    }

    static void setId(DOMSignContext context, Element e) {
        if (e.hasAttribute("Id")) {
            context.setIdAttributeNS(e, null, "Id");
        }
    }

    KeyInfo keyInfo(KeyInfoFactory f, Style style) throws Exception {
        X509Certificate c = certificate(style.key);
        // The last 20 bytes of the extension are the SHA-1 that openssl puts there.
        byte[] extension = c.getExtensionValue("2.5.29.14");
        byte[] ski = Arrays.copyOfRange(extension, extension.length - 20, extension.length);
        Object serial = f.newX509IssuerSerial(c.getIssuerX500Principal().getName(), c.getSerialNumber());
        String subject = c.getSubjectX500Principal().getName();
        return switch (style.keyInfo) {
            case "certificate" -> f.newKeyInfo(List.of(f.newX509Data(List.of(c))));
            case "issuer-serial" -> f.newKeyInfo(List.of(f.newX509Data(List.of(serial))));
            case "ski" -> f.newKeyInfo(List.of(f.newX509Data(List.of(ski))));
            case "subject" -> f.newKeyInfo(List.of(f.newX509Data(List.of(subject))));
            case "key-value" -> f.newKeyInfo(List.of(f.newKeyValue(c.getPublicKey())));
            case "key-name" -> f.newKeyInfo(List.of(f.newKeyName("test")));
            case "all" -> f.newKeyInfo(List.of(f.newX509Data(List.of(subject, serial, ski, c)), f.newKeyValue(c.getPublicKey())));
            default -> null;
        };
    }

    Covered verifyByJDK(byte[] signed, Style style) throws Exception {
        Document doc = parse(signed);
        declareIds(doc);
        NodeList all = doc.getElementsByTagNameNS(DSIG, "Signature");
        DOMValidateContext context = new DOMValidateContext(certificate(style.key).getPublicKey(), all.item(all.getLength() - 1));
        context.setProperty("org.jcp.xml.dsig.secureValidation", false);
        context.setProperty("javax.xml.crypto.dsig.cacheReference", true);
        XMLSignature signature = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
        boolean valid = signature.validate(context);
        List<byte[]> references = new ArrayList<>();
        for (Object r : signature.getSignedInfo().getReferences()) {
            if (((Reference) r).getDigestInputStream() != null) { // none where the value did not hold
                references.add(((Reference) r).getDigestInputStream().readAllBytes());
            }
        }
        return new Covered(valid, signature.getSignedInfo().getCanonicalizedData().readAllBytes(), references);
    }

    PrivateKey privateKey(String name) throws Exception {
        byte[] der = Files.readAllBytes(keys.resolve(name + ".pk8"));
        return KeyFactory.getInstance(name.startsWith("rsa") ? "RSA" : "EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    X509Certificate certificate(String name) throws Exception {
        try (var in = Files.newInputStream(keys.resolve(name + ".pem"))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }
}

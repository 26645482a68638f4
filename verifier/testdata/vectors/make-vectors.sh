#!/bin/bash
# Makes the signed vectors anew: throw-away keys and their certificates (openssl), and the
# documents signed by xmlsec1 and by the JDK (Vectors.java), each verified by both.
#
# Needs openssl, xmlsec1 (1.2.37 was used) and a JDK (17). The private keys are not kept:
# a run replaces every vector, so commit it whole.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
cd "$keys"

# days of validity: as long as anybody may want to run the tests.
days=36500

openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out authority.key
openssl req -x509 -new -key authority.key -sha256 -days "$days" -utf8 \
  -subj "/C=TW/O=Vectors, made for tests/CN=Throw-away CA" -out authority.pem

# certify NAME SERIAL: certifies NAME.key.
certify() {
  openssl req -new -utf8 -key "$1.key" -subj "/C=TW/O=測試 公司/CN=$1 test key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA authority.pem -CAkey authority.key -set_serial "$2" \
    -sha256 -days "$days" -extfile <(printf 'subjectKeyIdentifier=hash\nkeyUsage=digitalSignature,nonRepudiation\n') \
    -out "$1.pem" 2>/dev/null
  openssl pkcs8 -topk8 -nocrypt -in "$1.key" -outform DER -out "$1.pk8"
}

serial=1000
for bits in 1024 2048 3072 4096; do
  openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$bits" -out "rsa$bits.key"
  certify "rsa$bits" $((serial++))
done
for curve in 256 384 521; do
  openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:P-$curve" -out "p$curve.key"
  certify "p$curve" $((serial++))
done

rm -rf "$here"/{xmlsec1,jdk,keys}
mkdir "$here"/{xmlsec1,jdk,keys}
cp rsa*.pem p*.pem "$here/keys/"
java "$here/Vectors.java" "$keys" "$here"
du -sb "$here" | awk '{print $1 " bytes of vectors"}'

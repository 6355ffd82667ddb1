package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signAmazon signs a request by AWS's signature version 4, for a service in a region,
// at the endpoint's instant. Signed are what AWS wants signed and no more: the host,
// the length, the type and headers of AWS's own. Gateways on the way may then change
// the others, as ids and trace headers are.
//
// Note: a signer keeps the keys it derives by the id of the secret alone; one for each
// request never meets another target's secret, and costs a few microseconds.
func signAmazon(r *http.Request, body []byte, ep *Endpoint, service, region string) error {
	signed := *r
	signed.Header = make(http.Header)
	for name, values := range r.Header {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Amz-") {
			signed.Header[name] = values
		}
	}
	sum := sha256.Sum256(body)
	who := aws.Credentials{AccessKeyID: ep.KeyID.Reveal(), SecretAccessKey: ep.Key.Reveal(), SessionToken: ep.Session.Reveal()}
	err := v4.NewSigner().SignHTTP(context.Background(), who, &signed, hex.EncodeToString(sum[:]), service, region, ep.now())
	if err != nil {
		return fmt.Errorf("signing a request to %s: %w", service, err)
	}
	r.Host = signed.Host
	for name, values := range signed.Header {
		r.Header[name] = values
	}
	return nil
}

// amazonHost finds the region in the name of a host of AWS's: after the service, which
// may have a suffix (-fips) and stand behind the name of a private endpoint.
var amazonHost = regexp.MustCompile(`(?:^|\.)bedrock(?:-[a-z]+)*\.([a-z]{2,4}(?:-[a-z]+)+-\d+)\.(?:[a-z0-9-]+\.)*(?:amazonaws\.|api\.aws$|api\.amazonwebservices\.|amazonwebservices\.)`)

// amazonRegion is the region to sign for: what the endpoint says, or its host's name.
func amazonRegion(ep *Endpoint, host string) string {
	if ep.Region != "" {
		return ep.Region
	}
	if m := amazonHost.FindStringSubmatch(host); m != nil {
		return m[1]
	}
	return ""
}

// amazonDomain is the domain of a region's hosts, which differs between AWS's
// partitions.
//
// Source: the endpoint tables of AWS's SDK for Go, bedrockruntime v1.63.10,
// November 2026; of the partitions anybody can buy in.
func amazonDomain(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "amazonaws.com.cn"
	case strings.HasPrefix(region, "eusc-"):
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

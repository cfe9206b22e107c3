#!/bin/sh
# Deploys the stack PHIWARD_STACK, and looks at its hosts from inside and from outside. The policies are asked first.
set -eu
npx phiward up --stack "$PHIWARD_STACK" --yes
npx phiward verify --stack "$PHIWARD_STACK"

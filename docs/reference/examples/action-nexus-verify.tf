# Terraform 1.14 and later: terraform apply -invoke=action.nexus_verify.n-0
action "nexus_verify" "n-0" {
  config {
    node = "n-0"
  }
}

# Terraform 1.14 and later: terraform query -generate-config-out=found.tf
list "nexus_deployment" "all" {
  provider = nexus
  config {
    mesh = "alpha"
  }
}

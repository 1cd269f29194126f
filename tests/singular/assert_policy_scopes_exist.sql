-- A row that concerns nothing in the data is usually a typing error. A warning, since
-- one seed may serve data of several months, or a product that is not sold yet.

with

scopes as (

    select distinct
        'category' as scope_type,
        category as scope_value
    from {{ ref('dim_products') }}

    union all

    select distinct
        'abc_class' as scope_type,
        abc_class as scope_value
    from {{ ref('int_abc_classes') }}

    union all

    select
        'vendor' as scope_type,
        vendor_id as scope_value
    from {{ ref('dim_vendors') }}

    union all

    select
        'location' as scope_type,
        location_id as scope_value
    from {{ ref('dim_locations') }}

    union all

    select
        'product' as scope_type,
        product_id as scope_value
    from {{ ref('dim_products') }}

    union all

    select
        'location_product' as scope_type,
        location_id || '|' || product_id as scope_value
    from {{ ref('int_location_products') }}

)

select
    policies.scope_type,
    policies.scope_value
from {{ ref('replenishment_policies') }} as policies
left join scopes
    on
        policies.scope_type = scopes.scope_type
        and policies.scope_value = scopes.scope_value
where policies.scope_type <> 'default' and scopes.scope_value is null

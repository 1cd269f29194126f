with

ledger as (

    select * from {{ ref('int_decision_ledger') }}

),

latest as (

    select
        {%- for column in decision_columns() %}
        {{ column }},
        {%- endfor %}
        revision_number
    from ledger
    qualify row_number() over (
        partition by run_id, location_id, product_id
        order by revision_number desc
    ) = 1

)

select * from latest
